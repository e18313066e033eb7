// Keys of configuration tables, each declared once: from one declaration come its parser, what it takes, its
// default, its help and its row in the reference (docs/node.md).
//
//   number("fps", &StreamConfig::fps, 0, 1000, "Frames per second ..")
//
// The default is the member's value in an object that nobody changed.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "node/toml_document.hpp"

namespace mainstream {

// The values that a key takes.
struct Takes {
  enum class Type { boolean, integer, number, words, text, list };
  Type type = Type::text;
  double low = 0, high = 0;             // of numbers; also in a list of them, and where a text may be one
  std::vector<std::string_view> words;  // of words
  std::string_view form;                // of texts and lists: "a name", "4 numbers"
};

// "a number from 0 to 1000"; "one of: auto, tcp, udp".
[[nodiscard]] std::string described(const Takes& takes);

// "expected a number from 0 to 1000, got \"fast\"".
[[nodiscard]] std::string mismatch(const Takes& takes, const TomlValue& value);

// A key for people and for a schema.
struct KeyInfo {
  std::string_view name;
  Takes takes;
  std::string_view help;
  std::string standard;  // the default as TOML, or in words; empty: none
  bool required = false;
};

// A key for the parser.
template <typename Owner>
struct Key : KeyInfo {
  // Puts the value into the owner; says what is wrong with it, or nothing. Relative paths begin at `folder`.
  std::function<std::string(const TomlValue& value, const std::filesystem::path& folder, Owner& owner)> read;

  Key is_required() && {
    required = true;
    standard.clear();
    return std::move(*this);
  }
  Key with_default(std::string_view words) && {
    standard = words;
    return std::move(*this);
  }
};

template <typename Owner>
using Keys = std::vector<Key<Owner>>;

constexpr std::size_t kMostListed = 1000;  // entries of a list

// A number within the range, or a whole one where that is wanted; nothing for any other value.
[[nodiscard]] std::optional<double> number_in(const TomlValue& value, const Takes& takes);

// Why a text cannot be a path; empty if it can.
[[nodiscard]] std::string path_fault(std::string_view path);

// A text for a message, without what a url may hold of users, passwords and parameters; for urls of any form.
[[nodiscard]] std::string without_secrets(std::string_view text);

namespace config_detail {

template <typename Owner>
const Owner& unchanged() {
  // Not Owner{}: GCC 12 then warns of members that it takes for uninitialised.
  static const Owner owner = Owner();
  return owner;
}

template <typename T>
struct Inner {
  using type = T;
};
template <typename T>
struct Inner<std::optional<T>> {
  using type = T;
};

template <typename Value>
std::string toml_text(const Value& value) {
  if constexpr (std::is_same_v<Value, std::chrono::milliseconds>) {
    return fmt::format("{:.6g}", std::chrono::duration<double>(value).count());
  } else {
    return fmt::format("{:.10g}", static_cast<double>(value));
  }
}
template <typename Value>
std::string toml_text(const std::optional<Value>& value) {
  return value ? toml_text(*value) : std::string();
}

}  // namespace config_detail

// ---- Declarations ----------------------------------------------------------------------------------

// Whole for integers; seconds for milliseconds, whose keys end with _s.
template <typename Owner, typename Member>
Key<Owner> number(std::string_view name, Member Owner::*member, double low, double high,
                  std::string_view help) {
  using Value = typename config_detail::Inner<Member>::type;
  const Takes takes{
      std::is_integral_v<Value> ? Takes::Type::integer : Takes::Type::number, low, high, {}, {}};
  const auto read = [member, takes](const TomlValue& value, const std::filesystem::path&, Owner& owner) {
    const auto number = number_in(value, takes);
    if (!number) return mismatch(takes, value);
    if constexpr (std::is_same_v<Value, std::chrono::milliseconds>) {
      owner.*member = std::chrono::milliseconds(std::llround(*number * 1e3));
    } else {
      owner.*member = static_cast<Value>(*number);
    }
    return std::string();
  };
  return {{name, takes, help, config_detail::toml_text(config_detail::unchanged<Owner>().*member), false},
          read};
}

template <typename Owner>
Key<Owner> boolean(std::string_view name, bool Owner::*member, std::string_view help) {
  const Takes takes{Takes::Type::boolean, 0, 0, {}, {}};
  const auto read = [member, takes](const TomlValue& value, const std::filesystem::path&, Owner& owner) {
    const bool* truth = value.as<bool>();
    if (truth == nullptr) return mismatch(takes, value);
    owner.*member = *truth;
    return std::string();
  };
  return {{name, takes, help, config_detail::unchanged<Owner>().*member ? "true" : "false", false}, read};
}

// One of some words, each with its value.
template <typename Owner, typename Member>
Key<Owner> word(std::string_view name, Member Owner::*member,
                const std::vector<std::pair<std::string_view, std::type_identity_t<Member>>>& words,
                std::string_view help) {
  Takes takes{Takes::Type::words, 0, 0, {}, {}};
  std::string standard;
  for (const auto& [text, meant] : words) {
    takes.words.push_back(text);
    if (meant == config_detail::unchanged<Owner>().*member) standard = fmt::format("\"{}\"", text);
  }
  const auto read = [member, words, takes](const TomlValue& value, const std::filesystem::path&,
                                           Owner& owner) {
    const auto* text = value.as<std::string>();
    for (const auto& [known, meant] : words) {
      if (text == nullptr || *text != known) continue;
      owner.*member = meant;
      return std::string();
    }
    return mismatch(takes, value) + (text == nullptr ? "" : did_you_mean(*text, takes.words));
  };
  return {{name, takes, help, standard, false}, read};
}

// `fault` says what is wrong with a text ("holds /"), or nothing.
template <typename Owner>
Key<Owner> text(std::string_view name, std::string Owner::*member, std::string_view form,
                std::string (*fault)(std::string_view), std::string_view help) {
  const Takes takes{Takes::Type::text, 0, 0, {}, form};
  const auto read = [member, takes, fault](const TomlValue& value, const std::filesystem::path&,
                                           Owner& owner) {
    const auto* given = value.as<std::string>();
    if (given == nullptr) return mismatch(takes, value);
    owner.*member = *given;
    const std::string wrong = fault(*given);
    return wrong.empty() ? wrong : fmt::format("{} {}", in_quotes(without_secrets(*given)), wrong);
  };
  const std::string standard = config_detail::unchanged<Owner>().*member;
  return {{name, takes, help, standard.empty() ? standard : '"' + standard + '"', false}, read};
}

template <typename Owner>
Key<Owner> path(std::string_view name, std::filesystem::path Owner::*member, std::string_view help) {
  const Takes takes{Takes::Type::text, 0, 0, {}, "a path"};
  const auto read = [member, takes](const TomlValue& value, const std::filesystem::path& folder,
                                    Owner& owner) {
    const auto* given = value.as<std::string>();
    if (given == nullptr) return mismatch(takes, value);
    owner.*member = folder / *given;
    const std::string wrong = path_fault(*given);
    return wrong.empty() ? wrong : fmt::format("{} {}", in_quotes(*given), wrong);
  };
  const std::string standard = (config_detail::unchanged<Owner>().*member).string();
  return {{name, takes, help, standard.empty() ? standard : '"' + standard + '"', false}, read};
}

// One text or a list of texts. `add` puts each into the owner and says what is wrong with it, or nothing.
template <typename Owner>
Key<Owner> list(
    std::string_view name, std::string_view form,
    std::function<std::string(const std::string& text, const std::filesystem::path& folder, Owner&)> add,
    std::string_view help) {
  const Takes takes{Takes::Type::list, 0, 0, {}, form};
  const auto read = [add = std::move(add), takes](const TomlValue& value, const std::filesystem::path& folder,
                                                  Owner& owner) {
    const TomlValue::List alone{value};
    const auto* entries = value.as<TomlValue::List>();
    if (entries == nullptr) entries = &alone;
    if (entries->empty() || entries->size() > kMostListed) return mismatch(takes, value);
    for (const TomlValue& entry : *entries) {
      const auto* given = entry.as<std::string>();
      if (given == nullptr) return mismatch(takes, entry);
      if (const std::string wrong = add(*given, folder, owner); !wrong.empty()) {
        return fmt::format("{} {}", in_quotes(*given), wrong);
      }
    }
    return std::string();
  };
  return {{name, takes, help, {}, false}, read};
}

}  // namespace mainstream
