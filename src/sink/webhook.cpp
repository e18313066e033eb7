// A POST for each record, by libcurl.
#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/file.hpp"
#include "core/json.hpp"
#include "mainstream/error.hpp"
#include "mainstream/sink.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kMaxAnswer = 200;  // bytes of an answer that a message quotes

struct CloseHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, CloseHandle>;

// The url without user, password, path and query, where secrets may be.
std::string host_of(const std::string& url) {
  const std::unique_ptr<CURLU, CloseHandle> parsed(curl_url());
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    throw Error(ErrorKind::usage, "webhook: expected a url like https://host/path, got something else");
  }
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(parsed.get(), which, &text, 0) != CURLUE_OK) return std::string();
    std::string copy = text;
    curl_free(text);
    return copy;
  };
  const std::string scheme = part(CURLUPART_SCHEME), port = part(CURLUPART_PORT);
  if (scheme != "http" && scheme != "https") {
    throw Error(ErrorKind::usage,
                fmt::format("webhook: expected a url of http or https, got {}", in_quotes(scheme)));
  }
  return fmt::format("{}://{}{}{}", scheme, part(CURLUPART_HOST), port.empty() ? "" : ":", port);
}

std::string read_secret(const std::filesystem::path& path) {
  if (path.empty()) return {};
  const std::string text = read_file(path, 4096);
  const std::string secret = text.substr(0, text.find_first_of("\r\n"));
  if (secret.empty()) {
    throw Error(ErrorKind::untrusted,
                fmt::format("{}: expected a secret on the first line, got none", path.string()));
  }
  return secret;
}

std::size_t keep_answer(char* bytes, std::size_t /*one*/, std::size_t size, void* answer) {
  auto& text = *static_cast<std::string*>(answer);
  text.append(bytes, std::min(size, kMaxAnswer - std::min(kMaxAnswer, text.size())));
  return size;
}

int stop_asked(void* stop, curl_off_t /*unused*/, curl_off_t /*unused*/, curl_off_t /*unused*/,
               curl_off_t /*unused*/) {
  return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

class WebhookSink final : public Sink {
 public:
  explicit WebhookSink(const WebhookOptions& options)
      : host_(host_of(options.url)), secret_(read_secret(options.secret_file)), handle_(curl_easy_init()) {
    CURL* handle = handle_.get();
    curl_easy_setopt(handle, CURLOPT_URL, options.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "mainstream/" MAINSTREAM_VERSION);
    if (!options.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, keep_answer);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, stop_asked);
  }

  Delivery deliver(std::span<const StoredEvent> events, const std::stop_token& stop) override {
    for (std::size_t i = 0; i < events.size(); ++i) {
      Delivery one = post(events[i].event, stop);
      if (!one.error.empty()) {
        one.delivered = i;
        return one;
      }
    }
    return {events.size()};
  }

 private:
  [[nodiscard]] Headers headers_of(const EventRecord& event, const std::string& body) const {
    Headers headers;
    const auto add = [&](const std::string& line) {
      headers.reset(curl_slist_append(headers.release(), line.c_str()));
    };
    add("Content-Type: application/json");
    add("Expect:");  // no round trip to ask whether the body may come
    add(fmt::format("X-Mainstream-Event: {}", to_string(*event.change)));
    add(fmt::format("X-Mainstream-Sequence: {}", event.sequence));
    if (!secret_.empty()) add("X-Hub-Signature-256: sha256=" + hmac_sha256(secret_, body));
    return headers;
  }

  Delivery post(const EventRecord& event, const std::stop_token& stop) {
    const std::string body = to_json_line(event);
    const Headers headers = headers_of(event, body);
    std::string answer;
    CURL* handle = handle_.get();
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &stop);
    const CURLcode code = curl_easy_perform(handle);
    if (code != CURLE_OK) return {0, fmt::format("{}: {}", host_, curl_easy_strerror(code))};
    return judge(answer);
  }

  [[nodiscard]] Delivery judge(const std::string& answer) const {
    long status = 0;
    curl_off_t wait_s = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(handle_.get(), CURLINFO_RETRY_AFTER, &wait_s);
    if (status >= 200 && status < 300) return {1};
    const bool down = status == 408 || status == 429 || status >= 500;
    Delivery failed{0, fmt::format("{}: expected an answer of 200 to 299, got {}", host_, status), !down};
    if (!answer.empty()) failed.error += " " + in_quotes(answer);
    if (down && wait_s > 0) failed.retry_after = std::chrono::seconds(std::min<curl_off_t>(wait_s, 86'400));
    return failed;
  }

  const std::string host_, secret_;
  const std::unique_ptr<CURL, CloseHandle> handle_;
};

}  // namespace

std::unique_ptr<Sink> make_webhook_sink(const WebhookOptions& options) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);  // once, before any thread uses it
  if (ready != CURLE_OK) throw Error(ErrorKind::failed, "webhook: libcurl does not start");
  return std::make_unique<WebhookSink>(options);
}

}  // namespace mainstream
