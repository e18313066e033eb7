#include "train/precision_judging.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "mainstream/calibration.hpp"
#include "mainstream/engine.hpp"
#include "train/assessment.hpp"
#include "train/stopped.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kRangeRows = 32;  // that tell a tail's ranges

// The combinations that are worth knowing. A tail is not less exact than its stem: who saves on the tail
// saves on the stem first, which costs more and which others share. bf16 loses too little for a tail in f32
// to make up for. A head alone takes no time, so it stays in f32.
std::vector<PrecisionPair> pairs_for(const Base& base, const Branchpoint& branchpoint) {
  const std::vector<Precision> offered = offered_precisions(base);
  std::vector<PrecisionPair> pairs;
  for (const Precision precision : offered) {
    if (branchpoint.layers == 0) {
      pairs.push_back({Precision::f32, precision});
    } else if (branchpoint.tensor == base.features) {
      pairs.push_back({precision, Precision::f32});
    } else {
      if (precision == Precision::int8) pairs.push_back({precision, Precision::f32});
      for (const Precision tail : offered) {
        if (tail <= precision) pairs.push_back({precision, tail});
      }
    }
  }
  return pairs;
}

// Some of the rows, evenly.
std::vector<std::size_t> some_of(const std::vector<std::size_t>& rows) {
  const std::size_t count = std::min(rows.size(), kRangeRows);
  std::vector<std::size_t> some;
  for (std::size_t i = 0; i < count; ++i) some.push_back(rows[i * rows.size() / count]);
  return some;
}

class PrecisionJudge {
 public:
  PrecisionJudge(const SharedData& shared, const std::vector<AppData>& apps,
                 const std::vector<TrainedApp>& trained)
      : shared_(shared), apps_(apps), trained_(trained), engine_({.threads = shared.options.threads}) {
    for (const Branchpoint& point : shared.branchpoints) tensors_.insert(tensors_.begin(), point.tensor);
    // The stem goes on behind the last branchpoint: in int8, what it reads itself is not kept exactly.
    if (tensors_.back() != shared.base.features) tensors_.push_back(shared.base.features);
    exact_stem_.emplace(stem_in(Precision::f32));
    for (const Branchpoint& point : shared.branchpoints) {
      for (const PrecisionPair& pair : pairs_for(shared.base, point)) stems_.insert(pair.stem);
    }
    for (const Fold& fold : apps.front().split.folds) rows_ += fold.judged.size() * stems_.size();
    answers_.assign(apps.size(), std::vector<PrecisionAnswers>(shared.branchpoints.size()));
  }

  std::vector<std::vector<PrecisionAnswers>> run() {
    measure_final_ranges();
    for (const Precision precision : stems_) {
      for (std::size_t fold = 0; fold < apps_.front().split.folds.size(); ++fold) judge_fold(precision, fold);
    }
    return std::move(answers_);
  }

 private:
  struct JudgingTail {
    std::size_t app, branchpoint;  // of the stem
    Tail tail;
    std::vector<float>& answers;
  };

  [[nodiscard]] Stem stem_in(Precision precision) const {
    const std::vector<Precision> precisions(tensors_.size(), precision);
    return Stem(engine_, shared_.base.graph, tensors_, precisions, shared_.base.ranges);
  }
  // Of a candidate among the stem's branchpoints.
  [[nodiscard]] std::size_t place_of(std::size_t candidate) const {
    return shared_.branchpoints.size() - 1 - candidate;
  }
  void load(Stem& stem, std::size_t row) {
    throw_if(shared_.options.stop);
    input_.resize(static_cast<std::size_t>(element_count(shared_.inputs.shape())));
    shared_.inputs.read(row, input_);
    stem.load(input_);
  }

  // What the base does not know of a tail in int8; what it reads, the base knows.
  Ranges ranges_of(const Graph& tail, std::size_t candidate, const std::vector<std::size_t>& rows) {
    const std::size_t place = place_of(candidate);
    std::vector<std::vector<float>> features;
    for (const std::size_t row : some_of(rows)) {
      load(*exact_stem_, row);
      exact_stem_->run_to(place);
      features.push_back(exact_stem_->read(place));
    }
    Ranges ranges = measure_ranges(engine_, tail, features);
    const auto input = shared_.base.ranges.find(tensors_[place]);
    if (!ranges.empty() && input != shared_.base.ranges.end()) ranges.insert(*input);
    return ranges;
  }

  void measure_final_ranges() {
    for (std::size_t app = 0; app < apps_.size(); ++app) {
      const Split& split = apps_[app].split;
      const auto& rows = split.everything.empty() ? split.folds.front().training : split.everything;
      for (std::size_t i = 0; i < shared_.branchpoints.size(); ++i) {
        const auto pairs = pairs_for(shared_.base, shared_.branchpoints[i]);
        if (std::ranges::find(pairs, Precision::int8, &PrecisionPair::tail) == pairs.end()) continue;
        answers_[app][i].ranges = ranges_of(trained_[app].candidates[i].trained.weights.final, i, rows);
      }
    }
  }

  std::vector<JudgingTail> tails_behind(const Stem& stem, Precision precision, std::size_t fold) {
    std::vector<JudgingTail> tails;
    for (std::size_t app = 0; app < apps_.size(); ++app) {
      for (std::size_t i = 0; i < shared_.branchpoints.size(); ++i) {
        const Graph& tail = trained_[app].candidates[i].trained.weights.folds[fold];
        PrecisionAnswers& answers = answers_[app][i];
        for (const PrecisionPair& pair : pairs_for(shared_.base, shared_.branchpoints[i])) {
          if (pair.stem != precision) continue;
          Ranges ranges;
          if (pair.tail == Precision::int8) {
            if (answers.ranges.empty()) continue;  // nothing in it is computed in int8
            ranges = ranges_of(tail, i, apps_[app].split.folds[fold].training);
          }
          tails.push_back({app, place_of(i), Tail(stem, tail, pair.tail, ranges), answers.judged[pair]});
        }
      }
    }
    return tails;
  }

  // The stem runs once for each row, whoever judges it.
  void judge_fold(Precision precision, std::size_t fold) {
    Stem stem = stem_in(precision);
    std::vector<JudgingTail> tails = tails_behind(stem, precision, fold);
    std::map<std::size_t, std::set<std::size_t>> judges;  // apps, by row
    for (std::size_t app = 0; app < apps_.size(); ++app) {
      for (const std::size_t row : apps_[app].split.folds[fold].judged) judges[row].insert(app);
    }
    for (const auto& [row, judging] : judges) {
      load(stem, row);
      for (JudgingTail& tail : tails) {
        if (!judging.contains(tail.app)) continue;
        stem.run_to(tail.branchpoint);
        const std::vector<float> answer = softmax(tail.tail.run());
        tail.answers.insert(tail.answers.end(), answer.begin(), answer.end());
      }
      if (shared_.options.report)
        shared_.options.report({"measuring precisions", std::min(++done_, rows_), rows_, {}});
    }
  }

  const SharedData& shared_;
  const std::vector<AppData>& apps_;
  const std::vector<TrainedApp>& trained_;
  const Engine engine_;
  std::vector<std::string> tensors_;  // branchpoints of the stem, in the base's order
  std::optional<Stem> exact_stem_;
  std::set<Precision> stems_;  // precisions in which the stem is run
  std::uint64_t rows_ = 0, done_ = 0;
  std::vector<std::vector<PrecisionAnswers>> answers_;
  std::vector<float> input_;  // of the row in work
};

}  // namespace

std::vector<std::vector<PrecisionAnswers>> judge_precisions(const SharedData& shared,
                                                            const std::vector<AppData>& apps,
                                                            const std::vector<TrainedApp>& trained) {
  if (offered_precisions(shared.base).empty()) {
    return {apps.size(), std::vector<PrecisionAnswers>(shared.branchpoints.size())};
  }
  return PrecisionJudge(shared, apps, trained).run();
}

}  // namespace mainstream
