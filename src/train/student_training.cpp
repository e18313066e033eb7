#include "train/student_training.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/nn/functional/loss.h>
#include <torch/optim/adamw.h>
#include <torch/serialize.h>

#include <cmath>
#include <numbers>

#include "core/cpus.hpp"
#include "core/file.hpp"
#include "core/progress.hpp"
#include "train/graph_module.hpp"

namespace mainstream {
namespace {

class StudentTraining {
 public:
  StudentTraining(const Graph& student, const InputSpec& input, const ViewStore& store,
                  const std::string& key, const DistillOptions& options)
      : options_(options), store_(store), key_(key), module_(student, student.inputs.front()) {
    at::set_num_threads(options.threads > 0 ? options.threads : usable_cpus());
    const std::int64_t rows = store.filled().rows;
    // Whole pictures are held out, not single views.
    const auto pictures = static_cast<double>(rows / options.views);
    held_out_ = std::max<std::int64_t>(1, std::lround(pictures * options.held_out)) * options.views;
    training_ = rows - held_out_;
    const at::Tensor sample = store.features().narrow(0, 0, rows).slice(0, 0, rows, 7).to(at::kFloat);
    mean_ = sample.mean({0, 2, 3}, true);
    deviation_ = sample.std(at::IntArrayRef{0, 2, 3}, true, true) + 1e-3;
    input_mean_ = at::tensor(at::ArrayRef<float>(input.mean)).view({1, 3, 1, 1});
    input_scale_ = at::tensor(at::ArrayRef<float>(input.scale)).view({1, 3, 1, 1});
    make_adapter(student.shape(student.outputs.front())[1], store.features().size(1));
    std::vector<at::Tensor> trained{adapter_, adapter_bias_};
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
      fmt::print(stderr, "epoch {}/{}: held-out loss {:.4f}\n", epoch + 1, options_.epochs, loss);
      save(epoch + 1);
    }
    return TrainedStudent{module_.trained(), loss};
  }

 private:
  void make_adapter(std::int64_t from, std::int64_t to) {
    auto generator = at::detail::createCPUGenerator(options_.seed);
    adapter_ = at::randn({to, from, 1, 1}, generator) / std::sqrt(static_cast<double>(from));
    adapter_.set_requires_grad(true);
    adapter_bias_ = at::zeros({to}).set_requires_grad(true);
  }

  at::Tensor loss_of(const at::Tensor& rows) {
    const at::Tensor pixels = store_.views().index_select(0, rows).to(at::kFloat);
    const at::Tensor student = module_.forward((pixels - input_mean_) * input_scale_);
    const at::Tensor teacher = (store_.features().index_select(0, rows).to(at::kFloat) - mean_) / deviation_;
    return at::smooth_l1_loss(at::conv2d(student, adapter_, adapter_bias_), teacher);
  }

  bool train_epoch(int epoch, const std::stop_token& stop) {
    module_.normalise_by_batch(true);
    auto generator = at::detail::createCPUGenerator(options_.seed + static_cast<std::uint64_t>(epoch) + 1);
    const at::Tensor order = at::randperm(training_, generator, at::kLong);
    const std::int64_t steps = std::max<std::int64_t>(1, training_ / options_.batch);
    Progress progress(fmt::format("epoch {}/{}", epoch + 1, options_.epochs),
                      static_cast<std::uint64_t>(steps));
    double sum = 0;
    for (std::int64_t step = 0; step < steps; ++step) {
      if (stop.stop_requested()) return false;
      set_learning_rate(static_cast<double>(epoch * steps + step) /
                        static_cast<double>(options_.epochs * steps));
      const std::int64_t begin = step * options_.batch;
      const at::Tensor loss =
          loss_of(order.slice(0, begin, std::min<std::int64_t>(begin + options_.batch, training_)));
      optimizer_->zero_grad();
      loss.backward();
      optimizer_->step();
      sum += loss.item<double>();
      progress.update(static_cast<std::uint64_t>(step + 1),
                      fmt::format("loss {:.4f}", sum / static_cast<double>(step + 1)));
    }
    return true;
  }

  // Up over the first tenth of the training, then down to nothing.
  void set_learning_rate(double done) {
    const double factor =
        done < 0.1 ? done / 0.1 : 0.5 * (1 + std::cos(std::numbers::pi * (done - 0.1) / 0.9));
    for (auto& group : optimizer_->param_groups()) {
      static_cast<torch::optim::AdamWOptions&>(group.options())
          .lr(options_.learning_rate * std::max(factor, 1e-3));
    }
  }

  double held_out_loss() {
    const at::NoGradGuard no_gradients;
    module_.normalise_by_batch(false);
    double sum = 0;
    for (std::int64_t row = training_; row < training_ + held_out_; row += options_.batch) {
      const std::int64_t end = std::min<std::int64_t>(row + options_.batch, training_ + held_out_);
      sum += loss_of(at::arange(row, end, at::kLong)).item<double>() * static_cast<double>(end - row);
    }
    return sum / static_cast<double>(held_out_);
  }

  [[nodiscard]] std::filesystem::path checkpoint() const { return options_.work / "checkpoint.pt"; }

  void save(int epochs) {
    torch::serialize::OutputArchive archive;
    archive.write("key", c10::IValue(key_));
    archive.write("epochs", c10::IValue(epochs));
    archive.write("adapter", adapter_);
    archive.write("adapter_bias", adapter_bias_);
    const Graph graph = module_.trained();
    for (const auto& [name, tensor] : graph.constants) archive.write(field(name), to_torch(tensor));
    torch::serialize::OutputArchive optimizer;
    optimizer_->save(optimizer);
    archive.write("optimizer", optimizer);
    TemporaryFile file(checkpoint());
    archive.save_to(file.path().string());
    file.commit();
  }

  // The number of epochs that are done already.
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
    for (const auto& [name, tensor] :
         {std::pair("adapter", adapter_), std::pair("adapter_bias", adapter_bias_)}) {
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
    fmt::print(stderr, "going on after epoch {}\n", epochs.toInt());
    return static_cast<int>(epochs.toInt());
  }

  // Archives take dots in names for levels.
  static std::string field(std::string name) {
    std::replace(name.begin(), name.end(), '.', '/');
    return "weights/" + name;
  }

  const DistillOptions& options_;
  const ViewStore& store_;
  const std::string key_;
  GraphModule module_;
  std::int64_t training_ = 0, held_out_ = 0;  // rows: the first ones are trained on, the others held out
  at::Tensor mean_, deviation_, input_mean_, input_scale_, adapter_, adapter_bias_;
  std::unique_ptr<torch::optim::AdamW> optimizer_;
};

}  // namespace

std::optional<TrainedStudent> train_student(const Graph& student, const InputSpec& input,
                                            const ViewStore& store, const std::string& key,
                                            const DistillOptions& options, const std::stop_token& stop) {
  return StudentTraining(student, input, store, key, options).run(stop);
}

}  // namespace mainstream
