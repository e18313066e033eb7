// A POST for each record.
#include <fmt/format.h>

#include <algorithm>

#include "core/file.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "mainstream/sink.hpp"
#include "net/http_client.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kMaxAnswer = 200;  // bytes of an answer that a message quotes
// An hour: a date is read by this machine's clock, which may be wrong.
constexpr std::chrono::seconds kLongestRetryAfter{3600};

std::string read_secret(const std::filesystem::path& path) {
  if (path.empty()) return {};
  const std::string text = read_file(path, 4096);
  std::string secret = text.substr(0, text.find_first_of("\r\n"));
  if (secret.empty()) {
    throw Error(ErrorKind::untrusted,
                fmt::format("{}: expected a secret on the first line, got none", path.string()));
  }
  return secret;
}

std::string web_origin_of(const std::string& url) {
  try {
    return origin_of(url);
  } catch (const Error& error) {
    throw Error(ErrorKind::usage, fmt::format("webhook: {}", error.what()));
  }
}

class WebhookSink final : public Sink {
 public:
  explicit WebhookSink(const WebhookOptions& options)
      : url_(options.url),
        origin_(web_origin_of(options.url)),
        secret_(read_secret(options.secret_file)),
        client_({options.ca_file, options.timeout, kMaxAnswer}) {}

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
  [[nodiscard]] std::vector<std::string> headers_of(const EventRecord& event, const std::string& body) const {
    std::vector<std::string> headers{"Content-Type: application/json",
                                     fmt::format("X-Mainstream-Event: {}", to_string(*event.change)),
                                     fmt::format("X-Mainstream-Sequence: {}", event.sequence)};
    if (!secret_.empty()) headers.push_back("X-Hub-Signature-256: sha256=" + hmac_sha256(secret_, body));
    return headers;
  }

  Delivery post(const EventRecord& event, const std::stop_token& stop) {
    const std::string body = to_json_line(event);
    try {
      return judge(client_.post(url_, body, headers_of(event, body), stop));
    } catch (const Error& error) {
      return {0, error.what()};
    }
  }

  [[nodiscard]] Delivery judge(const HttpAnswer& answer) const {
    const int status = answer.status;
    if (status >= 200 && status < 300) return {1};
    const bool down = status == 408 || status == 429 || status >= 500;
    Delivery failed{0, fmt::format("{}: expected an answer of 200 to 299, got {}", origin_, status), !down};
    if (!answer.body.empty()) failed.error += " " + in_quotes(answer.body);
    if (down && answer.retry_after) failed.retry_after = std::min(*answer.retry_after, kLongestRetryAfter);
    return failed;
  }

  const std::string url_, origin_, secret_;
  HttpClient client_;
};

}  // namespace

std::unique_ptr<Sink> make_webhook_sink(const WebhookOptions& options) {
  return std::make_unique<WebhookSink>(options);
}

}  // namespace mainstream
