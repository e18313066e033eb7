#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <numeric>

namespace mainstream {
namespace {

constexpr std::string_view kNotInNames = "/\\+#,\"'";

char small_letter(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

struct Character {
  std::string_view bytes;  // at least one
  char32_t code = 0;       // 0xffffffff for a byte that is not part of UTF-8
};
constexpr char32_t kInvalid = 0xffffffff;

// The first character of a text that is not empty. Overlong forms and surrogates are not UTF-8.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const Character invalid{text.substr(0, 1), kInvalid};
  if (byte(0) < 0x80) return {text.substr(0, 1), byte(0)};
  const std::size_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < size) return invalid;
  char32_t code = byte(0) & (0xff >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return invalid;
    code = (code << 6) | (byte(i) & 0x3f);
  }
  const char32_t least = size == 2 ? 0x80 : size == 3 ? 0x800 : 0x10000;
  if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return invalid;
  return {text.substr(0, size), code};
}

bool is_hidden(char32_t code) {
  struct Span {
    char32_t first, last;
  };
  // In their order: C0; DEL and C1; the Arabic mark; zero-width space; direction marks; separators,
  // embeddings and overrides; invisible operators and isolates; the byte order mark; annotations; tags; not
  // UTF-8.
  constexpr Span kHidden[] = {{0, 0x1f},        {0x7f, 0x9f},       {0x61c, 0x61c},      {0x200b, 0x200b},
                              {0x200e, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},    {0xfeff, 0xfeff},
                              {0xfff9, 0xfffb}, {0xe0000, 0xe007f}, {kInvalid, kInvalid}};
  return std::ranges::any_of(kHidden,
                             [&](const Span& span) { return code >= span.first && code <= span.last; });
}

std::string escaped(const Character& character) {
  if (character.code == kInvalid || character.code < 0x80) {
    return fmt::format("\\x{:02x}", static_cast<unsigned char>(character.bytes[0]));
  }
  return fmt::format("\\u{:04x}", static_cast<std::uint32_t>(character.code));
}

template <typename Visit>
void for_each_character(std::string_view text, const Visit& visit) {
  while (!text.empty()) {
    const Character character = first_character(text);
    visit(character);
    text.remove_prefix(character.bytes.size());
  }
}

std::string all_clean(std::string_view text) {
  std::string result;
  for_each_character(text, [&](const Character& character) {
    result += is_hidden(character.code) ? escaped(character) : std::string(character.bytes);
  });
  return result;
}

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string clean(std::string_view text, std::size_t most) {
  if (text.size() <= most) return all_clean(text);
  const std::size_t kept = most - std::min<std::size_t>(most, 2);  // beside the dots
  std::size_t head = kept * 2 / 3, tail = text.size() - (kept - head);
  while (head > 0 && continues(text[head])) --head;
  while (tail < text.size() && continues(text[tail])) ++tail;
  return all_clean(text.substr(0, head)) + ".." + all_clean(text.substr(tail));
}

std::string in_quotes(std::string_view text) {
  // Quotes are marked before hidden characters are, whose backslashes are ours.
  std::string marked;
  const std::string_view start = text.substr(0, 2 * kMostShown), end = text.substr(start.size());
  for (const std::string_view part : {start, end.substr(end.size() - std::min(end.size(), kMostShown))}) {
    for (const char c : part) {
      if (c == '"' || c == '\\') marked += '\\';
      marked += c;
    }
  }
  return '"' + clean(marked) + '"';
}

std::string word_list(const std::vector<std::string>& words) {
  constexpr std::size_t kMostWords = 20;
  std::string list;
  for (std::size_t i = 0; i < std::min(words.size(), kMostWords); ++i) {
    list += (i == 0 ? "" : ", ") + clean(words[i], kMostShown / 4);
  }
  if (words.size() > kMostWords) list += fmt::format(", .. ({} in all)", words.size());
  return list;
}

std::string first_hidden(std::string_view text) {
  std::string found;
  for_each_character(text, [&](const Character& character) {
    if (found.empty() && is_hidden(character.code)) found = escaped(character);
  });
  return found;
}

std::string name_fault(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kMostName)
    return fmt::format("has {} bytes, expected at most {}", name.size(), kMostName);
  if (const std::string hidden = first_hidden(name); !hidden.empty()) {
    return fmt::format("holds {}, expected letters that can be seen", hidden);
  }
  if (const auto at = name.find_first_of(kNotInNames); at != std::string_view::npos) {
    return fmt::format("holds {}, expected none of / \\ + # , \" '", name[at]);
  }
  if (name.front() == '.') return "begins with a dot";
  if (name.front() == ' ' || name.back() == ' ') return "begins or ends with a space";
  return {};
}

std::string as_name(std::string_view text) {
  std::string name;
  for_each_character(text.substr(0, kMostName), [&](const Character& character) {
    const bool bad =
        is_hidden(character.code) || kNotInNames.find(character.bytes[0]) != std::string_view::npos;
    name += bad ? std::string_view("-") : character.bytes;
  });
  const auto first = name.find_first_not_of(" ."), last = name.find_last_not_of(' ');
  return first == std::string::npos ? std::string() : name.substr(first, last + 1 - first);
}

std::string nearest_word(std::string_view word, const std::vector<std::string_view>& known) {
  constexpr std::size_t kMostLetters = 64;  // a longer word is no typing error
  if (word.size() > kMostLetters) return {};
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
  const std::string near = nearest_word(word, known);
  return near.empty() ? "" : fmt::format("; did you mean {}?", in_quotes(near));
}

std::string did_you_mean_or_one_of(std::string_view word, const std::vector<std::string_view>& known) {
  std::string hint = did_you_mean(word, known);
  return hint.empty() ? fmt::format("; expected one of: {}", word_list({known.begin(), known.end()})) : hint;
}

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const unsigned char c : text) {
    const bool plain = std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '~';
    encoded += plain ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  }
  return encoded;
}

std::string ascii_lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), small_letter);
  return result;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, small_letter, small_letter);
}

}  // namespace mainstream
