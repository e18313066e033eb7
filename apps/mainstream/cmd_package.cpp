// mainstream package show | verify | extract
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "commands.hpp"
#include "core/terminal.hpp"
#include "mainstream/base.hpp"
#include "mainstream/error.hpp"
#include "mainstream/package.hpp"
#include "mainstream/planning.hpp"
#include "package_report.hpp"

namespace mainstream {
namespace {

struct PackageArguments {
  std::string package, base, output;
  bool json = false;
};

// Opens the package and, where a base was given, verifies it against that and tries its networks.
MPackage open_verified(const PackageArguments& arguments) {
  MPackage package = MPackage::open(arguments.package);
  if (!arguments.base.empty()) {
    const Base base = read_base(arguments.base);
    package.verify(base);
    check_answers(package, base);
  }
  return package;
}

Command add_command(Command parent, const char* name, const char* what,
                    const std::shared_ptr<PackageArguments>& arguments) {
  const Command command = parent.add_subcommand(name, what);
  command.add_option("APP", arguments->package, "An M-Package (*.mpkg)").required();
  command.add_option("--base", arguments->base, "Verify it against this prepared base too");
  return command;
}

void add_package_show(Command parent) {
  const auto arguments = std::make_shared<PackageArguments>();
  const Command command =
      add_command(parent, "show", "Shows an M-Package's app and how good its candidates are", arguments);
  command.add_flag("--json", arguments->json, "Print the manifest as the package has it");
  command.footer("Example:\n  mainstream package show person-left.mpkg");
  command.callback([arguments] {
    const MPackage package = open_verified(*arguments);
    fmt::print("{}", arguments->json ? to_json(package.manifest()) : manifest_text(package.manifest()));
  });
}

void add_verify(Command parent) {
  const auto arguments = std::make_shared<PackageArguments>();
  const Command command =
      add_command(parent, "verify", "Checks an M-Package; exit code 3 if it cannot be trusted", arguments);
  command.add_flag("--json", arguments->json, "Print JSON");
  command.footer("Example:\n  mainstream package verify person-left.mpkg --base resnet50-base.onnx");
  command.callback([arguments] {
    const MPackage package = open_verified(*arguments);
    const bool with_base = !arguments->base.empty();
    fmt::print("{}", arguments->json ? verified_json(package.manifest(), with_base)
                                     : verified_text(arguments->package, package.manifest(), with_base));
  });
}

void add_extract(Command parent) {
  const auto arguments = std::make_shared<PackageArguments>();
  const Command command = add_command(
      parent, "extract", "Writes the manifest and the candidates' ONNX files into a folder", arguments);
  command.add_option("-o,--output", arguments->output, "The folder, which must not exist yet").required();
  command.footer("Example:\n  mainstream package extract person-left.mpkg -o person-left");
  command.callback([arguments] {
    const MPackage package = open_verified(*arguments);
    extract_package(package, arguments->output);
    inform(fmt::format("{}: manifest and {} candidates\n", arguments->output,
                       package.manifest().candidates.size()));
  });
}

}  // namespace

void add_package_command(Command program) {
  const Command package = program.add_subcommand("package", "Shows, verifies and unpacks M-Packages");
  package.require_subcommand();
  add_package_show(package);
  add_verify(package);
  add_extract(package);
}

}  // namespace mainstream
