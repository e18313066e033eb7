#include "distill/student_training.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/optim/adamw.h>
#include <torch/serialize.h>

#include <cmath>
#include <numbers>

#include "core/cpus.hpp"
#include "core/file.hpp"
#include "core/progress.hpp"
#include "core/terminal.hpp"
#include "train/torch/device.hpp"
#include "train/torch/graph_module.hpp"

namespace mainstream {
namespace {

constexpr double kSmall = 0.6;         // share of the input's size, for the first epochs
constexpr double kSmallEpochs = 0.75;  // share of all epochs

// The size that the first epochs see: smaller pictures take a third of the time, and what a network learns
// from them holds for larger ones except for details (as in Tan and Le 2021, "EfficientNetV2"). A multiple of
// the features' stride.
std::int64_t small_size(std::int64_t size, std::int64_t map) {
  const std::int64_t stride = std::max<std::int64_t>(1, size / map);
  const auto positions = std::llround(kSmall * static_cast<double>(size) / static_cast<double>(stride));
  return stride * std::max<std::int64_t>(std::min<std::int64_t>(2, map), positions);
}

// One pair of activations in training: the teacher's targets, and the adapter that predicts them.
struct Comparison {
  at::Tensor targets;          // one for each row
  at::Tensor mean, deviation;  // per channel
  at::Tensor weights, bias;    // from the student's channels to the teacher's

  [[nodiscard]] at::Tensor loss(const at::Tensor& student, const at::Tensor& rows, bool mirrored) const {
    at::Tensor wanted = targets.index_select(0, rows).to(student.device(), at::kFloat);
    wanted = (wanted - mean) / deviation;
    if (mirrored) wanted = wanted.flip(3);
    wanted = at::adaptive_avg_pool2d(
        wanted, {std::min(student.size(2), wanted.size(2)), std::min(student.size(3), wanted.size(3))});
    const at::Tensor seen = at::adaptive_avg_pool2d(student, {wanted.size(2), wanted.size(3)});
    return at::mse_loss(at::conv2d(seen, weights, bias), wanted);
  }
};

Comparison make_comparison(const at::Tensor& targets, std::int64_t rows, std::int64_t channels,
                           at::Generator& generator, c10::Device device) {
  constexpr std::int64_t kSample = 2000;
  const at::Tensor sample =
      targets.slice(0, 0, rows, std::max<std::int64_t>(1, rows / kSample)).to(at::kFloat);
  Comparison comparison;
  comparison.targets = targets;
  comparison.mean = sample.mean({0, 2, 3}, true).to(device);
  comparison.deviation = (sample.std(at::IntArrayRef{0, 2, 3}, true, true) + 1e-3).to(device);
  const at::Tensor weights =
      at::randn({targets.size(1), channels, 1, 1}, generator) / std::sqrt(static_cast<double>(channels));
  comparison.weights = weights.to(device).set_requires_grad(true);
  comparison.bias = at::zeros({targets.size(1)}, device).set_requires_grad(true);
  return comparison;
}

class StudentTraining {
 public:
  StudentTraining(const Graph& student, const InputSpec& input, const std::vector<Hint>& hints,
                  const ViewStore& store, const std::string& key, const DistillOptions& options)
      : options_(options),
        store_(store),
        key_(key),
        device_(device_named(options.device)),
        module_(student, student.inputs.front(), device_),
        height_(small_size(input.height, student.shape(student.outputs.front())[2])),
        width_(small_size(input.width, student.shape(student.outputs.front())[3])),
        small_(module_.resized(height_, width_)) {
    at::set_num_threads(options.threads > 0 ? options.threads : usable_cpus());
    hold_out(store.filled().rows / options.views);
    input_mean_ = at::tensor(at::ArrayRef<float>(input.mean)).view({1, 3, 1, 1}).to(device_);
    input_scale_ = at::tensor(at::ArrayRef<float>(input.scale)).view({1, 3, 1, 1}).to(device_);
    auto generator = at::detail::createCPUGenerator(options_.seed);
    std::vector<at::Tensor> trained;
    for (std::size_t i = 0; i < hints.size(); ++i) {
      names_.push_back(hints[i].student);
      comparisons_.push_back(make_comparison(store.targets()[i], store.filled().rows,
                                             student.shape(hints[i].student)[1], generator, device_));
      trained.insert(trained.end(), {comparisons_.back().weights, comparisons_.back().bias});
    }
    for (const GraphModule::Parameter& parameter : module_.parameters()) trained.push_back(parameter.value);
    optimizer_ = std::make_unique<torch::optim::AdamW>(
        trained, torch::optim::AdamWOptions(options.learning_rate).weight_decay(options.weight_decay));
  }

  std::optional<TrainedStudent> run(const std::stop_token& stop) {
    int epoch = resume();
    double loss = held_out_loss();
    for (; epoch < options_.epochs; ++epoch) {
      if (!train_epoch(epoch, stop)) return std::nullopt;
      loss = held_out_loss();
      inform(fmt::format("epoch {}/{}: held-out loss {:.4f}\n", epoch + 1, options_.epochs, loss));
      save(epoch + 1);
    }
    return TrainedStudent{module_.trained(), loss};
  }

 private:
  // Holds out whole pictures, not single views, drawn from all, since neighbouring pictures are alike.
  void hold_out(std::int64_t pictures) {
    auto generator = at::detail::createCPUGenerator(options_.seed);
    const std::int64_t count =
        std::max<std::int64_t>(1, std::lround(static_cast<double>(pictures) * options_.held_out));
    const at::Tensor order = at::randperm(pictures, generator, at::kLong);
    const auto rows_of = [&](const at::Tensor& chosen) {
      return (chosen.unsqueeze(1) * options_.views + at::arange(options_.views, at::kLong)).flatten();
    };
    held_out_ = rows_of(order.slice(0, 0, count));
    training_ = rows_of(order.slice(0, count));
  }

  // The loss of each pair, in order; the features' is the last. Mirrored views need no pass of the teacher:
  // its maps are mirrored with them.
  std::vector<at::Tensor> losses_of(const GraphModule& student, const at::Tensor& rows, bool mirrored) {
    at::Tensor pixels = store_.views().index_select(0, rows).to(device_, at::kFloat);
    if (mirrored) pixels = pixels.flip(3);
    if (&student == &small_) pixels = at::adaptive_avg_pool2d(pixels, {height_, width_});
    const at::Tensor input = (pixels - input_mean_) * input_scale_;
    const std::vector<at::Tensor> activations = student.forward(std::span(&input, 1), names_);
    std::vector<at::Tensor> losses;
    for (std::size_t i = 0; i < comparisons_.size(); ++i) {
      losses.push_back(comparisons_[i].loss(activations[i], rows, mirrored));
    }
    return losses;
  }

  bool train_epoch(int epoch, const std::stop_token& stop) {
    GraphModule& student = epoch < std::lround(kSmallEpochs * options_.epochs) ? small_ : module_;
    student.normalise_by_batch(true);
    auto generator = at::detail::createCPUGenerator(options_.seed + static_cast<std::uint64_t>(epoch) + 1);
    const std::int64_t rows = training_.size(0);
    const at::Tensor order = training_.index_select(0, at::randperm(rows, generator, at::kLong));
    const std::int64_t steps = std::max<std::int64_t>(1, rows / options_.batch);
    const at::Tensor coins = at::rand({steps}, generator);
    Progress progress(fmt::format("epoch {}/{}", epoch + 1, options_.epochs),
                      static_cast<std::uint64_t>(steps));
    double sum = 0;
    for (std::int64_t step = 0; step < steps; ++step) {
      if (stop.stop_requested()) return false;
      set_learning_rate(static_cast<double>(epoch * steps + step) /
                        static_cast<double>(options_.epochs * steps));
      const std::int64_t begin = step * options_.batch;
      const at::Tensor batch = order.slice(0, begin, std::min<std::int64_t>(begin + options_.batch, rows));
      const bool mirrored = coins[step].item<float>() < 0.5F;
      const std::vector<at::Tensor> losses = losses_of(student, batch, mirrored);
      optimizer_->zero_grad();
      at::stack(losses).sum().backward();
      optimizer_->step();
      sum += losses.back().item<double>();
      progress.update(static_cast<std::uint64_t>(step + 1),
                      fmt::format("loss {:.4f}", sum / static_cast<double>(step + 1)));
    }
    return true;
  }

  // Rises over the first tenth of the training, then falls to 0.
  void set_learning_rate(double done) {
    const double factor =
        done < 0.1 ? done / 0.1 : 0.5 * (1 + std::cos(std::numbers::pi * (done - 0.1) / 0.9));
    for (auto& group : optimizer_->param_groups()) {
      static_cast<torch::optim::AdamWOptions&>(group.options())
          .lr(options_.learning_rate * std::max(factor, 1e-3));
    }
  }

  // The features' loss: the share of their variance that the student does not explain.
  double held_out_loss() {
    const at::NoGradGuard no_gradients;
    module_.normalise_by_batch(false);
    double sum = 0;
    for (const at::Tensor& rows : held_out_.split(options_.batch)) {
      sum += losses_of(module_, rows, false).back().item<double>() * static_cast<double>(rows.size(0));
    }
    return sum / static_cast<double>(held_out_.size(0));
  }

  [[nodiscard]] std::filesystem::path checkpoint() const { return options_.work / "checkpoint.pt"; }

  void save(int epochs) {
    torch::serialize::OutputArchive archive;
    archive.write("key", c10::IValue(key_));
    archive.write("epochs", c10::IValue(epochs));
    for (const auto& [name, value] : adapters()) archive.write(name, value.to(at::kCPU));
    const Graph graph = module_.trained();
    for (const auto& [name, tensor] : graph.constants) archive.write(field(name), to_torch(tensor));
    torch::serialize::OutputArchive optimizer;
    optimizer_->save(optimizer);
    archive.write("optimizer", optimizer);
    TemporaryFile file(checkpoint());
    archive.save_to(file.path().string());
    file.commit();
  }

  // The number of finished epochs.
  int resume() {
    if (!std::filesystem::exists(checkpoint())) return 0;
    torch::serialize::InputArchive archive;
    archive.load_from(checkpoint().string());
    c10::IValue key;
    c10::IValue epochs;
    archive.read("key", key);
    if (key.toStringRef() != key_) return 0;
    archive.read("epochs", epochs);
    const at::NoGradGuard no_gradients;
    for (const auto& [name, tensor] : adapters()) {
      at::Tensor value;
      archive.read(name, value);
      tensor.copy_(value);
    }
    Graph graph = module_.trained();
    for (auto& [name, tensor] : graph.constants) {
      at::Tensor value;
      archive.read(field(name), value);
      tensor = from_torch(value);
    }
    module_.load(graph);
    torch::serialize::InputArchive optimizer;
    archive.read("optimizer", optimizer);
    optimizer_->load(optimizer);
    inform(fmt::format("resuming after epoch {}\n", epochs.toInt()));
    return static_cast<int>(epochs.toInt());
  }

  [[nodiscard]] std::vector<std::pair<std::string, at::Tensor>> adapters() const {
    std::vector<std::pair<std::string, at::Tensor>> all;
    for (std::size_t i = 0; i < comparisons_.size(); ++i) {
      all.emplace_back(fmt::format("adapter{}", i), comparisons_[i].weights);
      all.emplace_back(fmt::format("adapter{}_bias", i), comparisons_[i].bias);
    }
    return all;
  }

  // Archives read dots in names as levels.
  static std::string field(std::string name) {
    std::replace(name.begin(), name.end(), '.', '/');
    return "weights/" + name;
  }

  const DistillOptions& options_;
  const ViewStore& store_;
  const std::string key_;
  const c10::Device device_;
  GraphModule module_;
  const std::int64_t height_, width_;  // size of the small pictures
  GraphModule small_;                  // the same weights as module_
  std::vector<std::string> names_;     // the student's activations that are compared
  std::vector<Comparison> comparisons_;
  at::Tensor training_, held_out_;  // rows
  at::Tensor input_mean_, input_scale_;
  std::unique_ptr<torch::optim::AdamW> optimizer_;
};

}  // namespace

std::optional<TrainedStudent> train_student(const Graph& student, const InputSpec& input,
                                            const std::vector<Hint>& hints, const ViewStore& store,
                                            const std::string& key, const DistillOptions& options,
                                            const std::stop_token& stop) {
  return StudentTraining(student, input, hints, store, key, options).run(stop);
}

}  // namespace mainstream
