// Texts from outside (names in files, answers of servers, command lines) made fit for messages, tables and
// terminals, and which texts may be names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mainstream {

constexpr std::size_t kMostShown = 160;      // bytes of one name or value in a message
constexpr std::size_t kMostMessage = 2'000;  // bytes of a whole message, or of a line in the log
constexpr std::size_t kMostName = 200;       // bytes of a name

// The text as people may see it: one line of UTF-8 that cannot control a terminal. Control characters (C0,
// DEL, C1), marks that turn the direction of writing, line separators, invisible characters and bytes that
// are not UTF-8 are written as \x0a, \u202e or \xff. Of a text longer than `most` bytes, the beginning and
// the end stay, with ".." between them.
[[nodiscard]] std::string clean(std::string_view text, std::size_t most = kMostShown);

// clean(), in double quotes, with \ before quotes and backslashes.
[[nodiscard]] std::string in_quotes(std::string_view text);

// "a, b, c"; of a long list the first ones and their number: "a, b, .. (2000 in all)". The words are cleaned.
[[nodiscard]] std::string word_list(const std::vector<std::string>& words);

// The texts with `separator` between them. (fmt::join takes each source half a second more to compile.)
template <typename Texts>
[[nodiscard]] std::string joined(const Texts& texts, std::string_view separator) {
  std::string all;
  for (bool first = true; const auto& text : texts) {
    if (!first) all += separator;
    all += text;
    first = false;
  }
  return all;
}

// The first character that clean() would not show as it is, as it shows it ("\x0a"); empty if there is none.
[[nodiscard]] std::string first_hidden(std::string_view text);

// Why the text cannot be the name of a stream, an app or a node; empty if it can. Names become topics of
// MQTT, names of files and folders, columns and words in terminals: 1 to 200 bytes of UTF-8 without hidden
// characters, / \ + # , " and ', without a dot at the start and without spaces at the ends.
[[nodiscard]] std::string name_fault(std::string_view name);

// A name made of any text: what a name must not hold becomes '-'. Empty when nothing is left.
[[nodiscard]] std::string as_name(std::string_view text);

// The word of `known` that is nearest to `word`; empty when none is near.
[[nodiscard]] std::string nearest_word(std::string_view word, const std::vector<std::string_view>& known);

// The end of a message about an unknown word: `; did you mean "x"?`; empty when none is near.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known);

// The same, but "; expected one of: a, b" when none is near.
[[nodiscard]] std::string did_you_mean_or_one_of(std::string_view word,
                                                 const std::vector<std::string_view>& known);

// "1 stream", "3 streams".
[[nodiscard]] std::string counted(std::size_t count, std::string_view what);

// As one part of a url's path, or a value of its query (RFC 3986): what is no unreserved character is %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

// With its ASCII letters small, in any locale; and whether two texts are equal that way.
[[nodiscard]] std::string ascii_lower(std::string_view text);
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace mainstream
