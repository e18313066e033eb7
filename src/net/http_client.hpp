// Requests over HTTP and HTTPS, and downloads that go on where they broke off (libcurl).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace mainstream {

struct HttpOptions {
  std::filesystem::path ca_file;                 // certificates that https trusts (PEM); empty: the system's
  std::chrono::milliseconds timeout{0};          // of one request; 0: none, but see download()
  std::size_t most_kept = std::size_t{1} << 20;  // bytes of an answer that are kept
};

struct HttpAnswer {
  int status = 0;
  std::string body;  // what is kept of it
  bool cut = false;  // there was more
  std::optional<std::chrono::seconds> retry_after;
};

// How a download went. A failure says why, beginning with the server's address.
struct Download {
  std::string error;      // empty: the file is whole
  bool may_pass = false;  // the server is away or busy, so it may be tried again
};

// Keeps its connection between requests. One thread uses it; each thread has its own.
class HttpClient {
 public:
  explicit HttpClient(HttpOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // A GET without a body, a POST with one. `headers` are lines like "Accept: text/plain". Redirections are
  // not followed. Throws usage for a url that is none, and failed when no whole answer comes, or a stop was
  // asked for. An answer of any status is an answer.
  [[nodiscard]] HttpAnswer get(const std::string& url, const std::vector<std::string>& headers = {},
                               const std::stop_token& stop = {});
  [[nodiscard]] HttpAnswer post(const std::string& url, std::string_view body,
                                const std::vector<std::string>& headers = {},
                                const std::stop_token& stop = {});

  // Writes what the url gives (http, https or file) into `part`, of `bytes` bytes in all: more is refused. If
  // `part` is there, it begins behind its end. Who gives nothing for 30 s counts as away. From https it
  // follows up to five redirections, to https. `progress` is told how many bytes are there.
  // Throws usage for a url that is none, storage when the file cannot be written.
  [[nodiscard]] Download download(const std::string& url, const std::filesystem::path& part,
                                  std::uint64_t bytes, const std::stop_token& stop,
                                  const std::function<void(std::uint64_t)>& progress = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// "https://host:8443" of a url: without user, password, path and query, where secrets may be. Throws usage
// for another scheme than http and https, and for a text that is no url.
[[nodiscard]] std::string origin_of(const std::string& url);

// Whether nobody on the way can read or change what the url gives: https, a file, or http on this machine.
[[nodiscard]] bool is_private(const std::string& url);

}  // namespace mainstream
