#include "mainstream/tensor_file.hpp"

#include <onnx/onnx_pb.h>

#include "core/file.hpp"
#include "core/testing.hpp"

namespace mainstream {
namespace {

using namespace std::string_literals;

std::string npy(const std::string& dictionary, const std::string& values) {
  return "\x93NUMPY\x01\x00"s + std::string{static_cast<char>(dictionary.size()), 0} + dictionary + values;
}

TEST(Npy, ReadsWhatItWrites) {
  const TestFolder folder;
  for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 3}, Shape{1, 3, 2, 2}}) {
    std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) - 0.5F;
    write_npy(folder / "t.npy", make_tensor(shape, values));
    const Tensor tensor = read_npy(folder / "t.npy");
    EXPECT_EQ(tensor.shape, shape);
    EXPECT_EQ(*tensor.data, values);
  }
}

TEST(Npy, ReadsWhatNumPyWrites) {
  // numpy.save of numpy.array([[1, 2]], dtype=numpy.uint8)
  const Tensor tensor =
      parse_npy(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }      \n", "\x01\x02"), "t");
  EXPECT_EQ(tensor.shape, (Shape{1, 2}));
  EXPECT_EQ(*tensor.data, (std::vector<float>{1, 2}));
}

TEST(Npy, RefusesWhatItCannotRead) {
  EXPECT_ERROR(untrusted, parse_npy("hello", "t.npy"), "t.npy: not a NumPy file");
  EXPECT_ERROR(untrusted, parse_npy("\x93NUMPY\x01\x00\xff\xff{}"s, "t"), "cut off");
  EXPECT_ERROR(untrusted, parse_npy(npy("{'descr': '<f4', 'fortran_order': False}", ""), "t"), "no 'shape':");
  EXPECT_ERROR(untrusted, parse_npy(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2", "1234"), "t"),
               "");
  EXPECT_ERROR(untrusted,
               parse_npy(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "1234"), "t"),
               "shape (2) does not fit 4 bytes of values");
  EXPECT_ERROR(
      untrusted,
      parse_npy(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999, 9999999999)}", ""), "t"),
      "impossible");
  EXPECT_ERROR(unsupported,
               parse_npy(npy("{'descr': '<c8', 'fortran_order': False, 'shape': (0,)}", ""), "t"), "'<c8'");
  EXPECT_ERROR(unsupported, parse_npy(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (0,)}", ""), "t"),
               "column-major");
}

TEST(OnnxTensor, ReadsFloatsAndIntegers) {
  const TestFolder folder;
  onnx::TensorProto proto;
  proto.add_dims(2);
  proto.set_data_type(onnx::TensorProto::INT64);
  proto.add_int64_data(7);
  proto.add_int64_data(-1);
  write_file(folder / "t.pb", proto.SerializeAsString());
  EXPECT_EQ(*read_onnx_tensor(folder / "t.pb").data, (std::vector<float>{7, -1}));
  write_file(folder / "bad.pb", "no tensor");
  EXPECT_ERROR(untrusted, read_onnx_tensor(folder / "bad.pb"), "bad.pb: not an ONNX tensor");
}

}  // namespace
}  // namespace mainstream
