#include "train/work_folder.hpp"

#include <fmt/format.h>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "core/sha256.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr const char* kPlanFile = "plan";

std::string to_text(const KeptCandidate& candidate) {
  Json judged = Json::array();
  for (const float probability : candidate.trained.judged) judged.push_back(shortest_number(probability));
  return Json{{"head", to_string(candidate.head)},
              {"epochs", candidate.trained.epochs},
              {"loss", candidate.trained.loss},
              {"folds", candidate.trained.weights.folds.size()},
              {"judged", std::move(judged)}}
      .dump();
}

}  // namespace

WorkFolder::WorkFolder(std::filesystem::path path, const std::string& plan) : path_(std::move(path)) {
  const std::string id = sha256(plan) + "\n";
  std::error_code failed;
  if (std::filesystem::exists(path_, failed)) {
    const std::filesystem::path known = path_ / kPlanFile;
    if (std::filesystem::exists(known) && read_file(known) == id) return;
    if (!std::filesystem::exists(known) && !std::filesystem::is_empty(path_, failed)) {
      throw Error(ErrorKind::usage,
                  path_.string() + " is there, but is no work folder of a training; move it away");
    }
    module_log("train")->info("{} is of another training and begins anew", path_.string());
    std::filesystem::remove_all(path_);
  }
  std::filesystem::create_directories(path_, failed);
  if (failed) throw Error(ErrorKind::storage, "cannot make " + path_.string() + ": " + failed.message());
  write_file(path_ / kPlanFile, id);
}

std::filesystem::path WorkFolder::file(std::size_t index, const std::string& suffix) const {
  return path_ / fmt::format("{:02}{}", index, suffix);
}

std::optional<KeptCandidate> WorkFolder::load(std::size_t index) const {
  const std::filesystem::path path = file(index, ".json");
  if (!std::filesystem::exists(path)) return std::nullopt;
  const Json json = parse_json(read_file(path), path.string());
  const JsonField field(json, path.string());
  KeptCandidate candidate;
  candidate.head =
      field["head"].text() == to_string(HeadKind::spatial) ? HeadKind::spatial : HeadKind::average;
  candidate.trained.epochs = static_cast<int>(field["epochs"].integer(0, 1000000));
  candidate.trained.loss = field["loss"].number(0, 1e9);
  const JsonField judged = field["judged"];
  for (std::size_t i = 0; i < judged.size(); ++i) {
    candidate.trained.judged.push_back(static_cast<float>(judged.at(i).number(0, 1)));
  }
  const auto folds = static_cast<std::size_t>(field["folds"].integer(1, 1000));
  for (std::size_t fold = 0; fold < folds; ++fold) {
    candidate.trained.weights.folds.push_back(read_onnx(file(index, fmt::format("-fold-{}.onnx", fold))));
  }
  candidate.trained.weights.final = read_onnx(file(index, ".onnx"));
  return candidate;
}

void WorkFolder::save(std::size_t index, const KeptCandidate& candidate) const {
  const CandidateWeights& weights = candidate.trained.weights;
  for (std::size_t fold = 0; fold < weights.folds.size(); ++fold) {
    write_file(file(index, fmt::format("-fold-{}.onnx", fold)), to_onnx(weights.folds[fold]));
  }
  write_file(file(index, ".onnx"), to_onnx(weights.final));
  write_file(file(index, ".json"), to_text(candidate));  // last: it says that all is there
}

void WorkFolder::remove() const {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace mainstream
