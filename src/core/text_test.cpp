#include "core/text.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <cstdlib>

#include "core/log.hpp"
#include "core/output.hpp"
#include "core/progress.hpp"
#include "core/terminal.hpp"
#include "core/testing.hpp"

namespace mainstream {
namespace {

TEST(TextTest, LeavesLettersOfAllLanguagesAlone) {
  EXPECT_EQ(clean("Müßiggang, 監視, קמרה, 👩‍💻"),
            "Müßiggang, 監視, קמרה, 👩‍💻");
}

TEST(TextTest, ShowsWhatWouldControlATerminal) {
  EXPECT_EQ(clean("a\nb\x1b[2J\x7f"), "a\\x0ab\\x1b[2J\\x7f");
  EXPECT_EQ(clean("\xc2\x9b"
                  "31m"),
            "\\u009b31m");                                           // C1: CSI
  EXPECT_EQ(clean("gate\xe2\x80\xae"), "gate\\u202e");               // right to left
  EXPECT_EQ(clean("\xe2\x81\xa6x\xe2\x80\xa8"), "\\u2066x\\u2028");  // an isolate, a line separator
  EXPECT_EQ(clean("\xef\xbb\xbf\xe2\x80\x8b"), "\\ufeff\\u200b");    // cannot be seen
  EXPECT_EQ(clean("\xff\xc0\x80\xed\xa0\x80"), "\\xff\\xc0\\x80\\xed\\xa0\\x80");  // not UTF-8
  EXPECT_EQ(clean("cut \xe2\x80"), "cut \\xe2\\x80");
}

TEST(TextTest, ShortensLongTexts) {
  // NOLINTNEXTLINE(bugprone-string-constructor): the length is meant
  const std::string text = "begin" + std::string(100'000'000, 'x') + "end";
  const std::string shown = clean(text);
  EXPECT_LE(shown.size(), kMostShown);
  EXPECT_TRUE(shown.starts_with("beginx") && shown.ends_with("xend")) << shown;
  EXPECT_LE(in_quotes(text).size(), kMostShown + 2);
  EXPECT_EQ(clean("ääää", 7), "ä..ä") << "characters stay whole";
}

TEST(TextTest, QuotesMarkQuotes) {
  EXPECT_EQ(in_quotes("a \"b\" \\ \n"), R"("a \"b\" \\ \x0a")");
}

TEST(TextTest, ListsAreShort) {
  EXPECT_EQ(word_list({"a", "b\n"}), "a, b\\x0a");
  const std::string list = word_list(std::vector<std::string>(100'000, std::string(1000, 'n')));
  EXPECT_LT(list.size(), 1000U);
  EXPECT_THAT(list, testing::EndsWith(", .. (100000 in all)"));
}

TEST(TextTest, SaysWhyATextIsNoName) {
  for (const char* good : {"gate", "Tor 2", "north-east", "入口", "a.b"})
    EXPECT_EQ(name_fault(good), "") << good;
  EXPECT_EQ(name_fault(""), "is empty");
  EXPECT_EQ(name_fault("a/b"), "holds /, expected none of / \\ + # , \" '");
  for (const char* bad : {"a+", "#", "a\\b", "a\"b", "it's", "a,b", "../x", " a", "a ", ".hidden"}) {
    EXPECT_NE(name_fault(bad), "") << bad;
  }
  EXPECT_THAT(name_fault("a\xc2\x9b"), testing::HasSubstr("holds \\u009b"));
  EXPECT_THAT(name_fault(std::string(201, 'a')), testing::HasSubstr("has 201 bytes, expected at most 200"));
  EXPECT_EQ(as_name("../cam/1\n\"x\""), "-cam-1--x-");
  EXPECT_EQ(name_fault(as_name("../cam/1\n\"x\"")), "");
}

TEST(TextTest, NearestWordIsFastForHugeOnes) {
  EXPECT_EQ(nearest_word("strem", {"stream", "app"}), "stream");
  EXPECT_EQ(nearest_word("nothing like it", {"stream", "app"}), "");
  // NOLINTNEXTLINE(bugprone-string-constructor): the length is meant
  EXPECT_EQ(nearest_word(std::string(100'000'000, 'x'), {"stream"}), "");
}

TEST(TextTest, SaysWhatWasMeant) {
  EXPECT_EQ(did_you_mean("bass", {"base", "log"}), "; did you mean \"base\"?");
  EXPECT_EQ(did_you_mean("quite other", {"base", "log"}), "");
  EXPECT_EQ(did_you_mean_or_one_of("quite other", {"base", "log"}), "; expected one of: base, log");
}

TEST(TextTest, CountsInWords) {
  EXPECT_EQ(counted(1, "mistake"), "1 mistake");
  EXPECT_EQ(counted(0, "mistake"), "0 mistakes");
}

TEST(TextTest, EncodesPartsOfUrls) {
  EXPECT_EQ(percent_encoded("a-Z_0.9~"), "a-Z_0.9~");
  EXPECT_EQ(percent_encoded("a b/\xc3\xa4?"), "a%20b%2F%C3%A4%3F");
}

TEST(TextTest, ComparesLettersOfAsciiInAnyCase) {
  EXPECT_EQ(ascii_lower("RTSP://\u00c4"), "rtsp://\u00c4");
  EXPECT_TRUE(equal_ignoring_case("Host", "hOST"));
  EXPECT_FALSE(equal_ignoring_case("Host", "Hosts"));
}

TEST(LogTest, NamesInMessagesCannotControlATerminal) {
  testing::internal::CaptureStderr();
  module_log("text_test")
      .warn("app {} is new",
            "a\xc2\x9b"
            "31m\n12:00:00 error run: forged");
  EXPECT_THAT(
      testing::internal::GetCapturedStderr(),
      testing::EndsWith(" warning text_test: app a\\u009b31m\\x0a12:00:00 error run: forged is new\n"));
}

// A terminal as standard error while it lives.
class TestTerminal {
 public:
  TestTerminal() : error_(::dup(STDERR_FILENO)) {
    int leader = 0, terminal = 0;
    winsize size{24, 50, 0, 0};
    if (::openpty(&leader, &terminal, nullptr, nullptr, &size) != 0)
      throw Error(ErrorKind::failed, "openpty");
    leader_ = Descriptor(leader);
    const Descriptor other(terminal);
    ::dup2(terminal, STDERR_FILENO);
    ::fcntl(leader, F_SETFL, O_NONBLOCK);
  }
  ~TestTerminal() { ::dup2(error_.get(), STDERR_FILENO); }
  TestTerminal(const TestTerminal&) = delete;
  TestTerminal& operator=(const TestTerminal&) = delete;
  [[nodiscard]] std::string shown() const {
    char text[4096];
    const ssize_t got = ::read(leader_.get(), text, sizeof text);
    return got > 0 ? std::string(text, static_cast<std::size_t>(got)) : std::string();
  }

 private:
  Descriptor error_, leader_;
};

TEST(TerminalTest, NoColorAndColumnsAreObeyed) {
  ::unsetenv("COLUMNS");
  ::unsetenv("NO_COLOR");
  const TestTerminal terminal;
  EXPECT_TRUE(wants_colour());
  EXPECT_EQ(terminal_columns(), 50U);
  ::setenv("NO_COLOR", "1", 1);
  ::setenv("COLUMNS", "30", 1);
  EXPECT_FALSE(wants_colour());
  EXPECT_EQ(terminal_columns(), 30U);
  { Progress("a stream with a long name and more", 10).update(5, "12.0 11.9 10.3 8.8 fps, 123 dropped"); }
  const std::string shown = terminal.shown();
  ::unsetenv("COLUMNS");
  ::unsetenv("NO_COLOR");
  const std::string line = shown.substr(0, shown.find('\r', 1));
  EXPECT_THAT(line, testing::StartsWith("\r\033[Ka stream"));
  EXPECT_LE(line.size(), 4U + 30U) << line;
}

TEST(TerminalTest, AnErrorStreamThatCannotBeWrittenStopsNobody) {
  const Descriptor before(::dup(STDERR_FILENO)), full(::open("/dev/full", O_WRONLY));
  ::dup2(full.get(), STDERR_FILENO);
  { Progress("work", 10).update(5); }
  ::close(STDERR_FILENO);
  { Progress("work", 10).update(5); }
  say("lost\n");
  ::dup2(before.get(), STDERR_FILENO);
}

}  // namespace
}  // namespace mainstream
