// HTTP by cpp-httplib, with connections and threads of our own: connection.hpp tells why. Every request goes
// to Api, and httplib's own routes, files and ranges are not used.
#include "serve/server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <fstream>
#include <thread>

#include "core/log.hpp"
#include "core/mutex.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "serve/api.hpp"
#include "serve/certificate.hpp"
#include "serve/connection.hpp"

namespace mainstream {
namespace {

constexpr int kAnswering = 8;  // threads beside those of live events
constexpr int kThreads = kAnswering + EventFeeds::kMost;
constexpr std::size_t kMostWaiting = 64;  // connections that no thread has taken yet
constexpr int kMostRequests = 1'000;      // on one connection

thread_local bool no_room = false;  // the connection is to be closed at once

// A fixed number of threads, and a limit on what waits for them.
class Threads : public httplib::TaskQueue {
 public:
  Threads() {
    for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
  }
  void enqueue(std::function<void()> job) override {
    {
      const MutexLock lock(mutex_);
      if (jobs_.size() < kMostWaiting) {
        jobs_.push_back(std::move(job));
        has_job_.notify_one();
        return;
      }
    }
    no_room = true;
    job();
    no_room = false;
  }
  void shutdown() override {
    {
      const MutexLock lock(mutex_);
      closed_ = true;
      has_job_.notify_all();
    }
    threads_.clear();  // joins
  }
  [[nodiscard]] bool some_wait() {
    const MutexLock lock(mutex_);
    return !jobs_.empty();
  }

 private:
  void work() {
    while (true) {
      std::function<void()> job;
      {
        const MutexLock lock(mutex_);
        while (jobs_.empty() && !closed_) has_job_.wait(mutex_);
        if (jobs_.empty()) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      job();
    }
  }

  Mutex mutex_;
  CondVar has_job_;
  std::deque<std::function<void()>> jobs_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

ApiRequest api_request(const httplib::Request& request) {
  ApiRequest result;
  result.method = request.method;
  result.target = request.target;
  for (const auto& [name, value] : request.headers) {
    result.headers.emplace(ascii_lower(name), value);
  }
  result.remote = request.remote_addr;
  return result;
}

// Whether the connection can serve another request: nothing of this one's body is left in it then.
bool has_no_body(const httplib::Request& request) {
  return (request.method == "GET" || request.method == "HEAD") && !request.has_header("Content-Length") &&
         !request.has_header("Transfer-Encoding");
}

// httplib::Server or SSLServer with our connections.
template <typename Base>
class Listener : public Base {
 public:
  template <typename... Arguments>
  explicit Listener(Api& api, bool tls, Arguments&&... arguments)
      : Base(std::forward<Arguments>(arguments)...), api_(api) {
    this->new_task_queue = [this] { return threads_ = new Threads; };  // httplib deletes it
    this->set_payload_max_length(PackageFolder::kMostBytes);
    this->set_default_headers(security_headers(tls));
    this->set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      const auto refused = api_.refusal(api_request(request));
      if (!refused) return httplib::Server::HandlerResponse::Unhandled;
      give(*refused, response);
      return httplib::Server::HandlerResponse::Handled;
    });
    this->Get("/", [this](const httplib::Request& request, httplib::Response& response) {
      give(api_.answer(api_request(request)), response);
    });
    const auto take = [this](const httplib::Request& request, httplib::Response& response,
                             const httplib::ContentReader& reader) {
      const ReadBody read_body = [&](const auto& pass_on) {
        return reader([&](const char* bytes, std::size_t size) { return pass_on({bytes, size}); });
      };
      give(api_.answer(api_request(request), read_body), response);
    };
    this->Put("/", take);
    this->Post("/", take);
    this->Delete("/", take);
    this->set_error_handler([this](const httplib::Request&, httplib::Response& response) {
      if (response.body.empty()) give(problem(response.status, "the request is malformed"), response);
    });
    this->set_exception_handler(
        [this](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
          give(problem(500, "the node could not answer"), response);
        });
  }

  void stop_connections() { stop_.request_stop(); }

 private:
  static httplib::Headers security_headers(bool tls) {
    httplib::Headers headers = {{"X-Content-Type-Options", "nosniff"},
                                {"X-Frame-Options", "DENY"},
                                {"Referrer-Policy", "no-referrer"},
                                {"Cache-Control", "no-store"},
                                {"Cross-Origin-Resource-Policy", "same-origin"},
                                {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"}};
    if (tls) headers.emplace("Strict-Transport-Security", "max-age=31536000");
    return headers;
  }

  // Piece by piece: a file may be larger than what is to be in memory.
  void give_file(const ApiAnswer& answer, httplib::Response& response) {
    const auto file = std::make_shared<std::ifstream>(answer.file, std::ios::binary | std::ios::ate);
    const std::streamoff size = file->tellg();
    if (size < 0) return give(problem(404, "there is no such file"), response);
    const auto piece = [file, stop = stop_.get_token()](std::size_t offset, std::size_t length,
                                                        httplib::DataSink& sink) {
      std::array<char, 65'536> bytes;
      file->seekg(static_cast<std::streamoff>(offset));
      file->read(bytes.data(), static_cast<std::streamsize>(std::min(length, bytes.size())));
      return file->gcount() > 0 && !stop.stop_requested() &&
             sink.write(bytes.data(), static_cast<std::size_t>(file->gcount()));
    };
    response.set_content_provider(static_cast<std::size_t>(size), answer.type, piece);
  }

  void give(const ApiAnswer& answer, httplib::Response& response) {
    response.status = answer.status;
    for (const auto& [name, value] : answer.headers) {
      response.headers.erase(name);  // a default one
      response.set_header(name, value);
    }
    if (!answer.file.empty()) return give_file(answer, response);
    if (!answer.feed) {
      response.set_content(answer.body, answer.type);
      return;
    }
    const auto next = [feed = answer.feed, stop = stop_.get_token()](std::size_t, httplib::DataSink& sink) {
      try {
        if (stop.stop_requested() || !sink.is_writable()) return false;
        const std::string text = feed->next(stop);
        return text.empty() || sink.write(text.data(), text.size());
      } catch (const std::exception& error) {
        module_log("serve").error("live events: {}", error.what());
        return false;
      }
    };
    response.set_chunked_content_provider(answer.type, next);
  }

  bool process_and_close_socket(socket_t socket) override {
    SSL_CTX* tls = nullptr;
    if constexpr (std::is_same_v<Base, httplib::SSLServer>) tls = this->ssl_context();
    Connection connection(socket, tls, {}, stop_.get_token());
    if (no_room || !connection.greet()) return false;
    const auto hurry = [this] { return threads_->some_wait(); };
    for (int count = 1; count <= kMostRequests && connection.wait_for_request(hurry); ++count) {
      bool stays = false, closed = false;
      const auto look = [&](httplib::Request& request) {
        stays = has_no_body(request);
        request.ranges.clear();  // answers are whole: many ranges of one picture would be large
        request.path = "/";      // Api reads the target
        if (stays) return;
        const std::size_t length = request.get_header_value<std::uint64_t>("Content-Length");
        connection.expect_body(std::min(length, Api::most_body(request.method, request.target)));
        request.headers.erase("Connection");
        request.set_header("Connection", "close");  // the answer says so then
      };
      const bool last = count == kMostRequests;
      if (!this->process_request(connection, last, closed, look) || closed || !stays) break;
    }
    return true;
  }

  Api& api_;
  Threads* threads_ = nullptr;
  std::stop_source stop_;
};

bool is_loopback(const std::string& address) {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  if (::inet_pton(AF_INET6, address.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  throw Error(ErrorKind::usage,
              "serve: expected an address like 127.0.0.1 or ::1, got " + in_quotes(address));
}

// By which clients may call the node; on the outside also by the host's name.
std::vector<std::string> names_of(const ServeConfig& config) {
  std::vector<std::string> names = config.names;
  const bool v6 = config.address.find(':') != std::string::npos;
  names.push_back(v6 ? "[" + config.address + "]" : config.address);
  std::array<char, 256> host{};
  if (!is_loopback(config.address) && ::gethostname(host.data(), host.size() - 1) == 0)
    names.emplace_back(host.data());
  return names;
}

// With the node's own certificate where it needs one and was given none.
ServeConfig with_certificate(ServeConfig config, const std::filesystem::path& state) {
  if (is_loopback(config.address) || !config.certificate.empty()) return config;
  const OwnCertificate own = own_certificate(state / "serve.pem", names_of(config), wall_now());
  config.certificate = config.key = own.file;
  module_log("serve").info("its certificate has the SHA-256 fingerprint {}", own.fingerprint);
  return config;
}

AccessRules access_rules(const ServeConfig& config) {
  const bool loopback = is_loopback(config.address);
  if (config.certificate.empty() != config.key.empty()) {
    throw Error(ErrorKind::usage, "serve: expected both a certificate and a key, got one");
  }
  if (!loopback && config.tokens.empty()) {
    throw Error(
        ErrorKind::usage,
        fmt::format("serve: {} can be reached from outside, so it needs tokens; use 127.0.0.1 without",
                    clean(config.address)));
  }
  AccessRules rules;
  rules.tls = !loopback || !config.certificate.empty();
  rules.hosts = names_of(config);
  if (loopback) rules.hosts.insert(rules.hosts.end(), {"localhost", "127.0.0.1", "[::1]"});
  if (!config.tokens.empty()) rules.tokens = read_tokens(config.tokens);
  return rules;
}

void check_certificate(const ServeConfig& config, const httplib::SSLServer& server) {
  if (server.is_valid()) return;
  throw Error(ErrorKind::untrusted, fmt::format("{}: expected a certificate in PEM form, and its key in {}",
                                                config.certificate.string(), config.key.string()));
}

}  // namespace

void check_serving(const ServeConfig& config) {
  (void)access_rules(config);
  if (config.certificate.empty()) return;
  check_certificate(config, httplib::SSLServer(config.certificate.c_str(), config.key.c_str()));
}

class ApiServer::Impl {
 public:
  Impl(NodeControl& node, const ServeConfig& given) : api_(node, access_rules(given)) {
    const ServeConfig config = with_certificate(given, node.node().store().directory());
    const bool tls = !config.certificate.empty();
    if (tls) {
      auto server = std::make_unique<Listener<httplib::SSLServer>>(api_, true, config.certificate.c_str(),
                                                                   config.key.c_str());
      check_certificate(config, *server);
      SSL_CTX_set_min_proto_version(server->ssl_context(), TLS1_2_VERSION);
      stop_connections_ = [raw = server.get()] { raw->stop_connections(); };
      server_ = std::move(server);
    } else {
      auto server = std::make_unique<Listener<httplib::Server>>(api_, false);
      stop_connections_ = [raw = server.get()] { raw->stop_connections(); };
      server_ = std::move(server);
    }
    bind(config);
    thread_ = std::jthread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    module_log("serve").info("serves {}://{}:{}", tls ? "https" : "http", config.address, port_);
  }

  ~Impl() {
    stop_connections_();
    server_->stop();
  }

  [[nodiscard]] int port() const { return port_; }

 private:
  void bind(const ServeConfig& config) {
    // Two programs on one port would each get some of the requests.
    server_->set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    port_ = config.port;
    const bool bound = config.port == 0 ? (port_ = server_->bind_to_any_port(config.address)) > 0
                                        : server_->bind_to_port(config.address, config.port);
    if (!bound) {
      throw Error(ErrorKind::usage, fmt::format("serve: cannot listen on {} port {}; is it taken?",
                                                config.address, config.port));
    }
  }

  Api api_;
  std::unique_ptr<httplib::Server> server_;
  std::function<void()> stop_connections_;
  int port_ = 0;
  std::jthread thread_;  // ends before the server
};

ApiServer::ApiServer(NodeControl& node, const ServeConfig& config)
    : impl_(std::make_unique<Impl>(node, config)) {}

ApiServer::~ApiServer() = default;

int ApiServer::port() const {
  return impl_->port();
}

}  // namespace mainstream
