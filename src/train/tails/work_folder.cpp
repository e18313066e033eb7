#include "train/tails/work_folder.hpp"

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "mainstream/error.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

constexpr const char* kPlanFile = "plan";

}  // namespace

WorkFolder::WorkFolder(std::filesystem::path path, const std::string& plan) : path_(std::move(path)) {
  const std::string id = sha256(plan) + "\n";
  std::error_code failed;
  if (std::filesystem::exists(path_, failed)) {
    const std::filesystem::path known = path_ / kPlanFile;
    if (std::filesystem::exists(known) && read_file(known) == id) return;
    if (!std::filesystem::exists(known) && !std::filesystem::is_empty(path_, failed)) {
      throw Error(ErrorKind::usage,
                  path_.string() + " exists but is not a training's work folder; move it away");
    }
    module_log("train").info("{} belongs to another training; it is emptied and started afresh",
                             path_.string());
    std::filesystem::remove_all(path_);
  }
  std::filesystem::create_directories(path_, failed);
  if (failed) throw Error(ErrorKind::storage, "cannot make " + path_.string() + ": " + failed.message());
  write_file(path_ / kPlanFile, id);
}

std::optional<TrainedTail> WorkFolder::load(const std::string& id) const {
  const std::filesystem::path path = path_ / (id + ".json");
  if (!std::filesystem::exists(path)) return std::nullopt;
  const JsonField unseen = read_json(read_file(path), path.string());
  TrainedTail tail;
  constexpr double kMost = 1e9;
  for (std::size_t i = 0; i < unseen.size(); ++i)
    tail.unseen.push_back(static_cast<float>(unseen.at(i).number(-kMost, kMost)));
  tail.graph = read_onnx(path_ / (id + ".onnx"));
  return tail;
}

void WorkFolder::save(const std::string& id, const TrainedTail& tail) const {
  write_file(path_ / (id + ".onnx"), to_onnx(tail.graph));
  Json unseen = Json::array();
  for (const float logit : tail.unseen) unseen.push_back(shortest_number(logit));
  write_file(path_ / (id + ".json"), json_text(unseen));  // written last: marks the tail as complete
}

}  // namespace mainstream
