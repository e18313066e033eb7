#include <poll.h>

#include <array>

#include "sink/testing.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;

std::vector<std::int64_t> sequences_in(const std::string& text) {
  std::vector<std::int64_t> sequences;
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const std::string line = text.substr(begin, end - begin);
    sequences.push_back(std::stoll(line.substr(line.find("\"sequence\":") + 11)));
  }
  EXPECT_EQ(begin, text.size()) << "ends within a line";
  return sequences;
}

StoredEvent stored(std::int64_t sequence) {
  StoredEvent event{record("000001-00000001", EventChange::ended), std::nullopt};
  event.event.sequence = sequence;
  return event;
}

TEST(JsonLinesSinkTest, WritesALineForEachRecordAndReadsAsEvents) {
  const TestFolder folder;
  Store store(store_in(folder / "state"));
  {
    const SinkRunner runner(store, make_json_lines_sink({folder / "e.jsonl"}), quick("file"));
    for (int i = 0; i < 30; ++i) put_event(store);
    EXPECT_TRUE(soon([&] { return runner.state().delivered == 60; }));
  }
  EXPECT_EQ(sequences_in(read_file(folder / "e.jsonl")).size(), 60U);
  const auto events = read_events(folder / "e.jsonl");
  ASSERT_EQ(events.size(), 30U);
  for (const EventRecord& event : events) EXPECT_TRUE(event.over());
}

TEST(JsonLinesSinkTest, RotatesBySizeAndKeepsSome) {
  const TestFolder folder;
  JsonLinesOptions options{folder / "e.jsonl"};
  options.max_bytes = 1000;
  options.keep = 2;
  const auto sink = make_json_lines_sink(options);
  std::vector<StoredEvent> events;
  for (std::int64_t i = 1; i <= 12; ++i) events.push_back(stored(i));
  for (std::span<const StoredEvent> rest = events; !rest.empty();) {
    const Delivery delivery = sink->deliver(rest, {});
    ASSERT_GT(delivery.delivered, 0U);
    rest = rest.subspan(delivery.delivered);
  }
  EXPECT_THAT(folder.names(), testing::ElementsAre("e.jsonl", "e.jsonl.1", "e.jsonl.2"));
  std::vector<std::int64_t> all;
  for (const char* name : {"e.jsonl.2", "e.jsonl.1", "e.jsonl"}) {
    const std::string text = read_file(folder / name);
    EXPECT_LE(text.size(), 1000U);
    for (const std::int64_t sequence : sequences_in(text)) all.push_back(sequence);
  }
  ASSERT_FALSE(all.empty());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i], 12 - static_cast<std::int64_t>(all.size() - 1 - i));
  }
}

TEST(JsonLinesSinkTest, RotatesByAge) {
  const TestFolder folder;
  JsonLinesOptions options{folder / "e.jsonl"};
  options.max_age = 100ms;
  const auto sink = make_json_lines_sink(options);
  const std::array events = {stored(1)};
  EXPECT_EQ(sink->deliver(events, {}).delivered, 1U);
  EXPECT_EQ(folder.names().size(), 1U);
  std::this_thread::sleep_for(150ms);
  EXPECT_EQ(sink->deliver(events, {}).delivered, 1U);
  EXPECT_EQ(folder.names().size(), 2U);
}

TEST(JsonLinesSinkTest, CutsWhatACrashLeftOfALine) {
  const TestFolder folder;
  const std::string whole = to_json_line(stored(1).event) + "\n";
  write_file(folder / "e.jsonl", whole + "{\"app\":\"ne");
  const std::array events = {stored(2)};
  EXPECT_EQ(make_json_lines_sink({folder / "e.jsonl"})->deliver(events, {}).delivered, 1U);
  EXPECT_THAT(sequences_in(read_file(folder / "e.jsonl")), testing::ElementsAre(1, 2));
}

TEST(JsonLinesSinkTest, BeginsANewFileWhenTheOldOneWasMovedAway) {
  const TestFolder folder;
  const auto sink = make_json_lines_sink({folder / "e.jsonl"});
  EXPECT_EQ(sink->deliver(std::array{stored(1)}, {}).delivered, 1U);
  std::filesystem::rename(folder / "e.jsonl", folder / "old");
  EXPECT_EQ(sink->deliver(std::array{stored(2)}, {}).delivered, 1U);
  EXPECT_THAT(sequences_in(read_file(folder / "e.jsonl")), testing::ElementsAre(2));
}

TEST(JsonLinesSinkTest, AFullDiskLeavesWholeLinesAndNothingIsLost) {
  const TestFolder folder;
  const auto sink = make_json_lines_sink({folder / "e.jsonl"});
  std::vector<StoredEvent> events;
  for (std::int64_t i = 1; i <= 10; ++i) events.push_back(stored(i));
  EXPECT_EQ(sink->deliver(std::span(events).first(2), {}).delivered, 2U);
  {
    const FullDisk full(1500);
    EXPECT_ERROR(storage, sink->deliver(std::span(events).subspan(2), {}), "e.jsonl: cannot write");
    EXPECT_EQ(sequences_in(read_file(folder / "e.jsonl")).size(), 2U);
  }
  EXPECT_EQ(sink->deliver(std::span(events).subspan(2), {}).delivered, 8U);
  EXPECT_EQ(sequences_in(read_file(folder / "e.jsonl")).size(), 10U);
}

TEST(JsonLinesSinkTest, RefusesWhatIsNoFile) {
  EXPECT_ERROR(usage, make_json_lines_sink({"/dev/null"}), "/dev/null: expected a regular file");
  JsonLinesOptions options{"/tmp/x"};
  options.keep = -1;
  EXPECT_ERROR(usage, make_json_lines_sink(options), "/tmp/x: expected 0 to 1000 old files to keep, got -1");
}

// Standard output as a pipe, for as long as it lives.
class PipedStdout {
 public:
  PipedStdout() : before_(::dup(STDOUT_FILENO)) {
    std::fflush(stdout);
    if (::pipe(ends_) != 0) std::abort();
    ::dup2(ends_[1], STDOUT_FILENO);
    ::close(ends_[1]);
  }
  ~PipedStdout() {
    std::fflush(stdout);
    restore();
    close_reader();
  }
  PipedStdout(const PipedStdout&) = delete;
  PipedStdout& operator=(const PipedStdout&) = delete;

  void restore() {
    if (before_ < 0) return;
    ::dup2(before_, STDOUT_FILENO);
    ::close(before_);
    before_ = -1;
  }
  [[nodiscard]] static bool is_full() {
    pollfd output{STDOUT_FILENO, POLLOUT, 0};
    return ::poll(&output, 1, 0) == 0;
  }
  void close_reader() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }
  [[nodiscard]] std::string read_all() const {
    std::string text(1 << 20, '\0');
    std::size_t size = 0;
    for (ssize_t got; (got = ::read(ends_[0], text.data() + size, text.size() - size)) > 0;) {
      size += static_cast<std::size_t>(got);
    }
    text.resize(size);
    return text;
  }

 private:
  int before_, ends_[2]{};
};

TEST(StdoutSinkTest, WritesLines) {
  PipedStdout piped;
  const Delivery delivery = make_stdout_sink()->deliver(std::array{stored(1), stored(2)}, {});
  piped.restore();
  EXPECT_EQ(delivery.delivered, 2U);
  EXPECT_THAT(sequences_in(piped.read_all()), testing::ElementsAre(1, 2));
}

TEST(StdoutSinkTest, AReaderThatStallsHoldsUpNoEnd) {
  PipedStdout piped;
  std::vector<StoredEvent> events(1000, stored(1));
  Delivery delivery;
  {
    std::jthread delivering(
        [&](const std::stop_token& stop) { delivery = make_stdout_sink()->deliver(events, stop); });
    EXPECT_TRUE(soon([] { return PipedStdout::is_full(); }));
  }
  piped.restore();
  EXPECT_LT(delivery.delivered, 1000U);
  EXPECT_GT(delivery.delivered, 10U);
  EXPECT_EQ(sequences_in(piped.read_all()).size(), delivery.delivered);
}

TEST(StdoutSinkTest, AReaderThatIsGoneIsAFailureThatTheRunnerSurvives) {
  const TestFolder folder;
  Store store(store_in(folder.path()));
  PipedStdout piped;
  piped.close_reader();
  SinkState state;
  {
    const SinkRunner runner(store, make_stdout_sink(), quick("stdout"));
    put_event(store);
    (void)soon([&] { return runner.state().failures > 0; });
    state = runner.state();
  }
  piped.restore();
  EXPECT_GT(state.failures, 0U);
  EXPECT_THAT(state.last_error, testing::HasSubstr("standard output: cannot write"));
}

}  // namespace
}  // namespace mainstream
