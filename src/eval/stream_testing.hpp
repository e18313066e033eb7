// A stream and packages made up for the tests of this folder.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "core/testing.hpp"
#include "eval/score_files.hpp"
#include "eval/stream_composer.hpp"
#include "eval/tenant_grid.hpp"
#include "mainstream/media.hpp"
#include "media/test_pictures.hpp"
#include "package/testing.hpp"

namespace mainstream {

// Three apps, "blue", "green" and "red", with an exit and two tails each, on a composed stream of twenty
// seconds. Networks have made-up weights, so scores are arbitrary; thresholds are at their mean.
class LittleStudy {
 public:
  LittleStudy() {
    write_colours(folder_ / "colours", {"train", "val"}, 4);
    const PictureSets sets = read_picture_sets({folder_ / "colours"}, 1);
    ComposeOptions options;
    options.apps = sets.names();
    options.width = options.height = 32;
    options.fps = 10;
    options.seconds = 20;
    const ComposedStream files = compose_stream(sets, options, folder_ / "stream", {});
    stream = {files.video, files.labels, options.fps};
    write_base(base_, base());
    write_apps(0.5F);
    const Mix mix = read();
    float sum = 0, count = 0;
    const ClipScores first = kept_scores(engine, mix, stream, folder_ / "first", {});
    for (const float score : first.recordings[0].begin()->second.front().scores) {
      sum += score;
      count += 1;
    }
    write_apps(sum / count);
    mix_ = read();
    costs_ = made_up_costs(mix_);
    scores_ = kept_scores(engine, mix_, stream, folder_ / "scores", {});
    pool_.emplace(TrainedMix{mix_, costs_, scores_}, &scores_);
  }

  [[nodiscard]] std::filesystem::path base() const { return folder_ / "base.onnx"; }
  [[nodiscard]] const TenantPool& pool() const { return *pool_; }
  [[nodiscard]] TenantPools pools() const { return {*pool_, &*pool_}; }
  [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path package(const std::string& app) const {
    return folder_ / (app + ".mpkg");
  }

  const Engine engine{{.threads = 1}};
  ScoredStream stream;

 private:
  void write_apps(float threshold) const {
    for (const char* app : {"blue", "green", "red"}) {
      Manifest manifest = tiny_manifest(base_);
      manifest.app = app;
      manifest.event = {EventModel::Origin::given, 600, 0.3, 0.1, 1, 100};
      manifest.candidates = {tiny_candidate(base_, CandidateKind::exit, {"b"}),
                             tiny_candidate(base_, CandidateKind::tail, {"b"}),
                             tiny_candidate(base_, CandidateKind::tail, {"a"})};
      double tpr = 0.6;
      for (Candidate& candidate : manifest.candidates) {
        candidate.threshold = threshold;
        candidate.measured.clear();
        candidate.tpr = tpr += 0.1;
        candidate.fpr = 0.02;
        candidate.tpr_interval = candidate.fpr_interval = {0, 1};
      }
      write_package(package(app), manifest,
                    {tiny_exit(base_, {"b"}), tiny_tail(base_, "b"), tiny_tail(base_, "a")});
    }
  }
  [[nodiscard]] Mix read() const {
    return read_mix(base(), {package("blue"), package("green"), package("red")}, "stream", stream.fps, 32,
                    32);
  }
  // 10 ms to `a`, 20 more to `b`; exits take 1 ms, tails what the base does.
  static Costs made_up_costs(const Mix& mix) {
    Costs costs;
    costs.stems.push_back({.scale_ms = 1, .segment_ms = {{NumberType::f32, {0, 10, 20}}}});
    for (std::size_t a = 0; a < mix.apps.size(); ++a) {
      costs.own_ms.push_back({{{"exit-5", NumberType::f32}, 1},
                              {{"tail-5", NumberType::f32}, 1},
                              {{"tail-2", NumberType::f32}, 21}});
    }
    return costs;
  }

  const TestFolder folder_;
  const Base base_ = tiny_base();
  Mix mix_;
  Costs costs_;
  ClipScores scores_;
  std::optional<TenantPool> pool_;
};

}  // namespace mainstream
