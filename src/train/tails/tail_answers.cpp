#include "train/tails/tail_answers.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "infer/shared_network.hpp"
#include "mainstream/calibration.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/profile.hpp"
#include "train/stopped.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kRangeRows = 32;  // rows on which a tail's ranges are measured

// The combinations that are worth measuring. A tail is never less exact than its stem, since the stem costs
// more and is shared, so it is the first to save on. bf16 loses too little for a tail in f32 to recover. A
// head alone takes no time, so it stays in f32.
std::vector<NumberTypes> pairs_for(const Base& base, const Branchpoint& branchpoint) {
  const std::vector<NumberType> offered = offered_number_types(base);
  std::vector<NumberTypes> pairs{{NumberType::f32, NumberType::f32}};
  for (const NumberType number_type : offered) {
    if (branchpoint.layers == 0) {
      pairs.push_back({NumberType::f32, number_type});
    } else if (branchpoint.tensor == base.features) {
      pairs.push_back({number_type, NumberType::f32});
    } else {
      if (number_type == NumberType::int8) pairs.push_back({number_type, NumberType::f32});
      for (const NumberType tail : offered) {
        if (tail <= number_type) pairs.push_back({number_type, tail});
      }
    }
  }
  return pairs;
}

class AnswerMeasuring {
 public:
  AnswerMeasuring(const Base& base, const FeatureSource& inputs, std::span<const std::size_t> rows,
                  std::span<const FinishedTail> tails, const TrainOptions& options)
      : base_(base),
        inputs_(inputs),
        rows_(rows),
        tails_(tails),
        options_(options),
        engine_({.threads = options.threads}),
        answers_(tails.size()) {
    std::map<std::int64_t, std::string> tensors;
    for (const FinishedTail& tail : tails) {
      tensors[tail.branchpoint.layers] = tail.branchpoint.tensor;
      for (const NumberTypes& pair : pairs_for(base, tail.branchpoint)) stems_.insert(pair.stem);
    }
    // The stem extends behind the last branchpoint: in int8, the input of its next layer is not kept exactly.
    tensors[base.branchpoint(base.features).layers] = base.features;
    for (const auto& [layers, tensor] : tensors) tensors_.push_back(tensor);
  }

  std::vector<TailAnswers> run() {
    measure_ranges_inside();
    StageProgress progress(options_, "measuring tails", rows_.size() * stems_.size());
    for (const NumberType number_type : stems_) answer(number_type, progress);
    return std::move(answers_);
  }

 private:
  [[nodiscard]] std::shared_ptr<Stem> stem_in(NumberType number_type) const {
    const std::vector<NumberType> number_types(tensors_.size(), number_type);
    return std::make_shared<Stem>(engine_, base_.graph, tensors_, number_types, base_.ranges);
  }

  [[nodiscard]] std::size_t place_of(const FinishedTail& tail) const {
    return static_cast<std::size_t>(std::ranges::find(tensors_, tail.branchpoint.tensor) - tensors_.begin());
  }

  void load(Stem& stem, std::size_t row) {
    throw_if(options_.stop);
    input_.resize(static_cast<std::size_t>(element_count(inputs_.shape())));
    inputs_.read(row, input_);
    stem.load(input_);
  }

  // Ranges of a tail in int8 that the base does not have; it has those of the tail's input.
  void measure_ranges_inside() {
    std::vector<std::size_t> wanted;
    for (std::size_t i = 0; i < tails_.size(); ++i) {
      const auto pairs = pairs_for(base_, tails_[i].branchpoint);
      if (std::ranges::find(pairs, NumberType::int8, &NumberTypes::tail) != pairs.end()) wanted.push_back(i);
    }
    if (wanted.empty()) return;
    const std::shared_ptr<Stem> stem = stem_in(NumberType::f32);
    const std::size_t count = std::min(rows_.size(), kRangeRows);
    std::vector<std::vector<std::vector<float>>> features(tensors_.size());
    for (std::size_t i = 0; i < count; ++i) {
      load(*stem, rows_[i * rows_.size() / count]);
      for (std::size_t place = 0; place < tensors_.size(); ++place) {
        stem->run_to(place);
        features[place].push_back(stem->read(place));
      }
    }
    for (const std::size_t i : wanted) {
      Ranges& ranges = answers_[i].ranges;
      ranges = measure_ranges(engine_, tails_[i].graph, features[place_of(tails_[i])]);
      const auto input = base_.ranges.find(tails_[i].branchpoint.tensor);
      if (!ranges.empty() && input != base_.ranges.end()) ranges.insert(*input);
    }
  }

  void answer(NumberType number_type, StageProgress& progress) {
    const std::shared_ptr<Stem> stem = stem_in(number_type);
    std::vector<SharedNetwork::Member> members;
    std::vector<std::vector<float>*> logits;
    for (std::size_t i = 0; i < tails_.size(); ++i) {
      for (const NumberTypes& pair : pairs_for(base_, tails_[i].branchpoint)) {
        const Ranges& ranges = answers_[i].ranges;
        if (pair.stem != number_type) continue;
        if (pair.tail == NumberType::int8 && ranges.empty()) continue;  // nothing in it is computed in int8
        members.emplace_back(std::make_shared<Tail>(*stem, tails_[i].graph, pair.tail, ranges));
        logits.push_back(&answers_[i].logits[pair]);
      }
    }
    std::vector<std::size_t> all(members.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    SharedNetwork network(stem, std::move(members));
    for (const std::size_t row : rows_) {
      load(*stem, row);
      network.run(all);
      for (const std::size_t member : all) {
        const std::span<const float> of_row = network.logits(member);
        logits[member]->insert(logits[member]->end(), of_row.begin(), of_row.end());
      }
      progress.add();
    }
  }

  const Base& base_;
  const FeatureSource& inputs_;
  const std::span<const std::size_t> rows_;
  const std::span<const FinishedTail> tails_;
  const TrainOptions& options_;
  const Engine engine_;
  std::set<NumberType> stems_;        // number types in which the stem is run
  std::vector<std::string> tensors_;  // branchpoints of the stem, in the base's order
  std::vector<TailAnswers> answers_;
  std::vector<float> input_;  // input of the current row
};

}  // namespace

std::vector<TailAnswers> tail_answers(const Base& base, const FeatureSource& inputs,
                                      std::span<const std::size_t> rows, std::span<const FinishedTail> tails,
                                      const TrainOptions& options) {
  if (tails.empty()) return {};
  return AnswerMeasuring(base, inputs, rows, tails, options).run();
}

}  // namespace mainstream
