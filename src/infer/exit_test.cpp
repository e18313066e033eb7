// Exits and their joined heads on a stem, in every number type, against the reference.
#include "graph/exit.hpp"
#include "core/testing.hpp"
#include "infer/agreement.hpp"
#include "infer/heads.hpp"
#include "mainstream/calibration.hpp"

namespace mainstream {
namespace {

using Pooled = ExitPooling::Kind;

double allowed_difference(NumberType number_type) {
  return number_type == NumberType::int8 ? 0.05 : number_type == NumberType::bf16 ? 0.02 : 1e-5;
}

class Exits : public testing::TestWithParam<NumberType> {
 protected:
  void SetUp() override {
    if (!processor_has(GetParam()))
      GTEST_SKIP() << "this processor does not compute in " << to_string(GetParam());
    for (int i = 0; i < 3; ++i) inputs_.push_back(maker_.values(base_.inputs.front()));
    const Ranges ranges = measure_ranges(engine_, base_, inputs_, {.share = 1});
    tensors_ = branchpoints_of(base_);
    stem_.emplace(engine_, base_, tensors_, std::vector(tensors_.size(), GetParam()), ranges);
  }

  [[nodiscard]] ExitLevel level(std::size_t branchpoint, ExitPooling pooling, std::int64_t classes) {
    ExitLevel level{tensors_[branchpoint], base_.shape(tensors_[branchpoint]), pooling, {}};
    const Shape weights{classes, element_count(pooled_shape(level))};
    // Logits of about 1.
    const float range = 3 / std::sqrt(static_cast<float>(weights[1]));
    level.weights = make_tensor(weights, maker_.values(element_count(weights), -range, range));
    return level;
  }
  [[nodiscard]] Graph exit(const std::vector<ExitLevel>& levels) {
    const std::int64_t classes = levels.front().weights.shape.front();
    return exit_graph(levels, make_tensor({classes}, maker_.values(classes)));
  }
  // An exit on one whole tensor.
  [[nodiscard]] Graph plain_exit(std::size_t branchpoint, std::int64_t classes = 2) {
    return exit({level(branchpoint, {}, classes)});
  }
  // Everything at once: a grid of averages, a whole tensor, global averages and maxima.
  [[nodiscard]] Graph rich_exit(std::int64_t classes = 2) {
    return exit({level(1, {Pooled::average, {3, 4}}, classes), level(3, {}, classes),
                 level(4, {Pooled::average, {99, 99}}, classes), level(4, {Pooled::max, {99, 99}}, classes)});
  }

  // Runs the reference on the stem's tensors, so that the stem's rounding does not count.
  [[nodiscard]] std::vector<float> expected(const Graph& exit) const {
    std::map<std::string, std::vector<float>> tensors;
    for (const std::string& input : exit.inputs) {
      const auto place = std::find(tensors_.begin(), tensors_.end(), input) - tensors_.begin();
      tensors[input] = stem_->read(static_cast<std::size_t>(place));
    }
    return run_reference(exit, tensors).at(exit.outputs.front());
  }
  void load(std::size_t input) {
    stem_->load(inputs_[input]);
    stem_->run_to(tensors_.size() - 1);
  }

  const Engine engine_{{.threads = 2}};
  GraphMaker maker_ = small_network(3);
  const Graph base_ = maker_.graph;
  std::vector<std::vector<float>> inputs_;
  std::vector<std::string> tensors_;
  std::optional<Stem> stem_;
};

TEST_P(Exits, AnswerAsTheReference) {
  for (const NumberType number_type : {NumberType::f32, GetParam()}) {
    for (const Graph& exit : {plain_exit(1), plain_exit(3, 5), rich_exit()}) {
      Tail tail(*stem_, exit, number_type);
      EXPECT_EQ(tail.branchpoint() == 4, exit.inputs.size() > 1);
      for (std::size_t input = 0; input < inputs_.size(); ++input) {
        load(input);
        EXPECT_LT(relative_difference(tail.run(), expected(exit)), allowed_difference(number_type))
            << to_string(number_type) << ' ' << describe_graph(exit);
      }
    }
  }
}

TEST_P(Exits, ReadTheStemsTensorAsItLies) {
  std::size_t blocked = 0, in_integers = 0;
  for (std::size_t branchpoint = 1; branchpoint + 1 < tensors_.size(); ++branchpoint) {
    const Tail tail(*stem_, plain_exit(branchpoint), GetParam());
    ASSERT_EQ(tail.steps().size(), 1U) << tail.steps().front().primitive;
    EXPECT_EQ(tail.steps().front().primitive, "inner_product");
    const std::string implementation = tail.steps().front().implementation;
    EXPECT_EQ(implementation.find("ref"), std::string::npos);
    in_integers += implementation.find("s32") != std::string::npos ? 1 : 0;
    for (const StepInfo& step : stem_->steps()) {
      if (step.output == tensors_[branchpoint]) blocked += step.layout != "abcd" ? 1 : 0;
    }
  }
  EXPECT_EQ(in_integers >= 3, GetParam() == NumberType::int8);
  EXPECT_GE(blocked, 3U) << "row-major tensors show nothing";
}

TEST_P(Exits, WithPoolingReorderNothingEither) {
  const Tail tail(*stem_, exit({level(1, {Pooled::average, {3, 4}}, 2), level(3, {Pooled::max, {2, 2}}, 2)}),
                  GetParam());
  for (const StepInfo& step : tail.steps()) EXPECT_NE(step.primitive, "reorder") << step.output;
}

TEST_P(Exits, JoinedAnswerAsEachAlone) {
  const std::vector<std::vector<Graph>> groups{{plain_exit(2, 2), plain_exit(2, 3), plain_exit(2, 2)},
                                               {rich_exit(2), rich_exit(4)},
                                               {plain_exit(1, 2)}};
  for (const auto& exits : groups) {
    Heads heads(*stem_, exits, GetParam());
    std::vector<Tail> tails;
    for (const Graph& exit : exits) tails.emplace_back(*stem_, exit, GetParam());
    ASSERT_EQ(heads.size(), exits.size());
    EXPECT_EQ(heads.branchpoint(), tails.front().branchpoint());
    EXPECT_EQ(heads.steps().size(), tails.front().steps().size());
    for (std::size_t input = 0; input < 2; ++input) {
      load(input);
      heads.run();
      for (std::size_t i = 0; i < exits.size(); ++i) {
        const auto alone = tails[i].run();
        ASSERT_EQ(heads.logits(i).size(), alone.size());
        EXPECT_LT(relative_difference(heads.logits(i), alone), GetParam() == NumberType::bf16 ? 0.01 : 1e-5);
        EXPECT_LT(relative_difference(heads.logits(i), expected(exits[i])), allowed_difference(GetParam()));
      }
    }
  }
}

TEST_P(Exits, FeaturesAreWhatTheirWeightsMeet) {
  const std::vector<ExitLevel> levels{level(1, {Pooled::average, {3, 4}}, 2), level(3, {}, 2),
                                      level(4, {Pooled::max, {99, 99}}, 2)};
  const std::int64_t classes = 2;
  const Tensor bias = make_tensor({classes}, maker_.values(classes));
  load(0);
  std::vector<float> sum = *bias.data;
  for (const ExitLevel& level : levels) {
    Tail features(*stem_, feature_graph(level));
    const auto values = features.run();
    ASSERT_EQ(static_cast<std::int64_t>(values.size()), level.weights.shape[1]);
    for (std::size_t i = 0; i < level.weights.data->size(); ++i)
      sum[i / values.size()] += (*level.weights.data)[i] * values[i % values.size()];
  }
  EXPECT_LT(relative_difference(Tail(*stem_, exit_graph(levels, bias)).run(), sum), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(, Exits, testing::Values(NumberType::f32, NumberType::bf16, NumberType::int8),
                         [](const auto& of) { return std::string(to_string(of.param)); });

using ExitErrors = Exits;

TEST_P(ExitErrors, SayWhatDoesNotFit) {
  Graph exit = plain_exit(2);
  const Stem other(engine_, base_, {tensors_[1], tensors_[3]});
  EXPECT_ERROR(untrusted, Tail(other, exit), "expected one of the stem's branchpoints: " + tensors_[1]);
  Tail tail(*stem_, rich_exit());
  stem_->load(inputs_[0]);
  stem_->run_to(3);
  EXPECT_ERROR(usage, tail.run(), "the stem has not run to");
  exit.shapes[tensors_[2]] = {1, 1, 1, 1};
  EXPECT_ERROR(untrusted, Tail(*stem_, exit), "reads 1x1x1x1, but the stem's");
  EXPECT_ERROR(usage, Heads(*stem_, std::vector{plain_exit(1), plain_exit(2)}), "not exits of one structure");
  EXPECT_ERROR(usage, (void)Heads(*stem_, std::vector{plain_exit(1)}).logits(1),
               "expected an exit below 1, got 1");
}

INSTANTIATE_TEST_SUITE_P(, ExitErrors, testing::Values(NumberType::f32));

}  // namespace
}  // namespace mainstream
