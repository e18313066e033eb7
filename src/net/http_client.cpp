#include "net/http_client.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/output.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr long kSilenceSeconds = 30;  // of a download
constexpr long kMostRedirections = 5;
constexpr std::string_view kFile = "file://";

struct CloseCurl {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlHeaders = std::unique_ptr<curl_slist, CloseCurl>;
using CurlUrl = std::unique_ptr<CURLU, CloseCurl>;

CurlUrl parsed_url(const std::string& url) {
  CurlUrl parsed(curl_url());
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK) return parsed;
  throw Error(ErrorKind::usage, "expected a url like https://host/path, got something else");
}

std::string part_of(const CurlUrl& url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, 0) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

// What an answer's body goes into.
struct KeptBody {
  std::string text;
  std::size_t most = 0;
  bool cut = false;
};

std::size_t keep_body(char* bytes, std::size_t /*one*/, std::size_t size, void* kept) {
  auto& body = *static_cast<KeptBody*>(kept);
  const std::size_t room = body.most - std::min(body.most, body.text.size());
  body.text.append(bytes, std::min(size, room));
  body.cut = body.cut || size > room;
  return size;
}

// The file of a download.
struct PartFile {
  Descriptor file;
  std::uint64_t have = 0, most = 0;
  bool too_long = false;
  int disk_error = 0;
};

std::size_t append_to_file(char* bytes, std::size_t /*one*/, std::size_t size, void* part) {
  auto& file = *static_cast<PartFile*>(part);
  file.too_long = size > file.most - file.have;
  if (file.too_long) return 0;
  for (std::size_t done = 0; done < size;) {
    const ssize_t wrote = ::write(file.file.get(), bytes + done, size - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      file.disk_error = errno;
      return 0;
    }
    done += static_cast<std::size_t>(wrote);
    file.have += static_cast<std::uint64_t>(wrote);
  }
  return size;
}

struct Watch {
  const std::stop_token& stop;
  std::function<void()> tell{};
};

int stop_asked(void* watch, curl_off_t /*unused*/, curl_off_t /*unused*/, curl_off_t /*unused*/,
               curl_off_t /*unused*/) {
  const auto& one = *static_cast<const Watch*>(watch);
  if (one.tell) one.tell();
  return one.stop.stop_requested() ? 1 : 0;
}

PartFile open_part(const std::filesystem::path& path, std::uint64_t bytes) {
  PartFile part;
  part.file = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  const off_t end = part.file.is_open() ? ::lseek(part.file.get(), 0, SEEK_END) : -1;
  if (end < 0) {
    throw Error(ErrorKind::storage, fmt::format("{}: cannot write: {}", path.string(), std::strerror(errno)));
  }
  part.have = static_cast<std::uint64_t>(end);
  part.most = bytes;
  return part;
}

void begin_anew(PartFile& part) {
  if (::ftruncate(part.file.get(), 0) != 0) part.disk_error = errno;
  part.have = 0;
}

void write_to_disk(const PartFile& part, const std::filesystem::path& path) {
  const int error = part.disk_error != 0 ? part.disk_error : ::fdatasync(part.file.get()) != 0 ? errno : 0;
  if (error == 0) return;
  throw Error(ErrorKind::storage, fmt::format("{}: cannot write: {}", path.string(), std::strerror(error)));
}

}  // namespace

struct HttpClient::State {
  explicit State(HttpOptions wanted) : options(std::move(wanted)), handle(curl_easy_init()) {
    if (!handle) throw Error(ErrorKind::failed, "libcurl does not start");
  }

  // Before each request, as each sets its own.
  void set_up(const std::string& url, const char* schemes) {
    CURL* curl = handle.get();
    curl_easy_reset(curl);  // keeps the connection
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, schemes);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "mainstream/" MAINSTREAM_VERSION);
    if (!options.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, stop_asked);
  }

  HttpAnswer ask(const std::string& url, const std::string_view* body, const std::vector<std::string>& lines,
                 const std::stop_token& stop) {
    const std::string origin = origin_of(url);
    set_up(url, "http,https");
    CURL* curl = handle.get();
    CurlHeaders headers;
    const auto add = [&](const std::string& line) {
      headers.reset(curl_slist_append(headers.release(), line.c_str()));
    };
    for (const std::string& line : lines) add(line);
    if (body != nullptr) {
      add("Expect:");  // no round trip to ask whether the body may come
      curl_easy_setopt(curl, CURLOPT_POST, 1L);
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data());
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
    }
    KeptBody kept{{}, options.most_kept};
    const Watch watch{stop};
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &kept);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &watch);
    const CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK)
      throw Error(ErrorKind::failed, fmt::format("{}: {}", origin, curl_easy_strerror(code)));
    HttpAnswer answer{status(), std::move(kept.text), kept.cut, std::nullopt};
    curl_off_t wait_s = 0;
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait_s);
    if (wait_s > 0) answer.retry_after = std::chrono::seconds(wait_s);
    return answer;
  }

  [[nodiscard]] int status() const {
    long code = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &code);
    return static_cast<int>(code);
  }

  // What comes behind the bytes that are there.
  CURLcode append(const std::string& url, PartFile& part, const Watch& watch) {
    set_up(url, "http,https,file");
    CURL* curl = handle.get();
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);  // the body of an error is not the file's
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kSilenceSeconds);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, url.starts_with("https:") ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kMostRedirections);
    curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(part.have));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append_to_file);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &part);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &watch);
    return curl_easy_perform(curl);
  }

  // Why the transfer failed, and whether it is worth another try.
  [[nodiscard]] Download judge(CURLcode code, const std::string& origin, const PartFile& part) const {
    if (part.too_long)
      return {fmt::format("{}: gives more than the {} bytes that it should", origin, part.most), false};
    if (code == CURLE_OK && part.have < part.most) {
      return {fmt::format("{}: gives {} bytes, expected {}", origin, part.have, part.most), false};
    }
    if (code == CURLE_OK) return {};
    if (code != CURLE_HTTP_RETURNED_ERROR) {
      const bool is_lasting = code == CURLE_FILE_COULDNT_READ_FILE || code == CURLE_TOO_MANY_REDIRECTS ||
                              code == CURLE_UNSUPPORTED_PROTOCOL;
      return {fmt::format("{}: {}", origin, curl_easy_strerror(code)), !is_lasting};
    }
    const int got = status();
    return {fmt::format("{}: expected an answer of 200 to 299, got {}", origin, got),
            got == 408 || got == 429 || got >= 500};
  }

  const HttpOptions options;
  const std::unique_ptr<CURL, CloseCurl> handle;
};

HttpClient::HttpClient(HttpOptions options) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);  // once, before any thread uses it
  if (ready != CURLE_OK) throw Error(ErrorKind::failed, "libcurl does not start");
  state_ = std::make_unique<State>(std::move(options));
}

HttpClient::~HttpClient() = default;

HttpAnswer HttpClient::get(const std::string& url, const std::vector<std::string>& headers,
                           const std::stop_token& stop) {
  return state_->ask(url, nullptr, headers, stop);
}

HttpAnswer HttpClient::post(const std::string& url, std::string_view body,
                            const std::vector<std::string>& headers, const std::stop_token& stop) {
  return state_->ask(url, &body, headers, stop);
}

Download HttpClient::download(const std::string& url, const std::filesystem::path& part_path,
                              std::uint64_t bytes, const std::stop_token& stop,
                              const std::function<void(std::uint64_t)>& progress) {
  const std::string origin = url.starts_with(kFile) ? std::string(kFile) : origin_of(url);
  PartFile part = open_part(part_path, bytes);
  if (part.have > bytes) begin_anew(part);
  if (part.have == bytes) return {};
  const Watch watch{stop, [&] {
                      if (progress) progress(part.have);
                    }};
  const std::uint64_t had = part.have;
  CURLcode code = state_->append(url, part, watch);
  // A server that knows no ranges gives all or nothing.
  const bool gave_nothing = part.have == had && part.disk_error == 0;
  if (had > 0 && gave_nothing && (code == CURLE_RANGE_ERROR || state_->status() == 416)) {
    begin_anew(part);
    code = state_->append(url, part, watch);
  }
  write_to_disk(part, part_path);
  return state_->judge(code, origin, part);
}

std::string origin_of(const std::string& url) {
  const CurlUrl parsed = parsed_url(url);
  const std::string scheme = part_of(parsed, CURLUPART_SCHEME), port = part_of(parsed, CURLUPART_PORT);
  if (scheme != "http" && scheme != "https") {
    throw Error(ErrorKind::usage, fmt::format("expected a url of http or https, got {}", in_quotes(scheme)));
  }
  return fmt::format("{}://{}{}{}", scheme, part_of(parsed, CURLUPART_HOST), port.empty() ? "" : ":", port);
}

bool is_private(const std::string& url) {
  const CurlUrl parsed = parsed_url(url);
  const std::string scheme = part_of(parsed, CURLUPART_SCHEME), host = part_of(parsed, CURLUPART_HOST);
  if (scheme == "https" || scheme == "file") return true;
  return scheme == "http" && (host == "localhost" || host == "127.0.0.1" || host == "[::1]");
}

}  // namespace mainstream
