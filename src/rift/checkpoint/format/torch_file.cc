#include "rift/checkpoint/format/torch_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>

#include "rift/base/error.h"

namespace rift::checkpoint::format {
namespace {

constexpr std::string_view kPickle = "data.pkl";
constexpr std::string_view kByteOrder = "byteorder";
constexpr std::string_view kStorages = "data/";
constexpr int64_t kMaxByteOrderBytes = 16;

/// torch before 1.6 wrote a row of pickles instead of an archive, TensorFlow and others write other things.
void require_zip(const ByteSource& source) {
  std::array<std::byte, 2> first{};
  if (source.size_bytes() >= 2) source.read(0, first);
  RIFT_REQUIRE(first[0] != std::byte{0x80}, Code::kUnsupported,
               "{}: a bare pickle, as torch before 1.6 wrote it; in Python: torch.save(torch.load(FILE, "
               "weights_only=True), OUT), or save it as model.safetensors",
               source.name());
  RIFT_REQUIRE(first[0] == std::byte{'P'} && first[1] == std::byte{'K'}, Code::kArtefact,
               "{}: expected a file of torch.save, which starts with 'PK'; fetch it again", source.name());
}

std::vector<std::byte> read_record(const ByteSource& source, const ZipRecord& record, int64_t max_bytes) {
  RIFT_REQUIRE(record.size_bytes() <= max_bytes, Code::kArtefact, "{}: '{}' has {} bytes, the limit is {}",
               source.name(), record.name, record.size_bytes(), max_bytes);
  check_crc32(source, record);
  std::vector<std::byte> bytes(static_cast<size_t>(record.size_bytes()));
  source.read(record.begin, bytes);
  return bytes;
}

/// The records by their names below the folder that all of them lie in.
class Records {
 public:
  Records(const ByteSource& source, const std::vector<ZipRecord>& records) : source_(source), records_(records) {
    RIFT_REQUIRE(!records.empty(), Code::kArtefact, "{}: an archive without records", source.name());
    const std::string root = records.front().name.substr(0, records.front().name.find('/') + 1);
    for (size_t i = 0; i < records.size(); ++i) {
      RIFT_REQUIRE(!root.empty() && records[i].name.starts_with(root), Code::kArtefact,
                   "{}: record '{}': expected all records in one folder, as torch.save writes them", source.name(),
                   records[i].name);
      const std::string_view name = std::string_view(records[i].name).substr(root.size());
      RIFT_REQUIRE(name != "constants.pkl" && !name.starts_with("code/"), Code::kUnsupported,
                   "{}: a TorchScript program ('{}'), which rift does not run; in Python: "
                   "torch.save(torch.jit.load(FILE).state_dict(), OUT)",
                   source.name(), records[i].name);
      by_name_.emplace(name, i);
    }
  }

  const ZipRecord* find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &records_[found->second];
  }

  /// Place of the record of a tensor's storage, which has exactly the storage's bytes.
  size_t storage(const PickledTensor& tensor) const {
    const auto found = by_name_.find(std::string(kStorages) + tensor.storage_key);
    RIFT_REQUIRE(found != by_name_.end(), Code::kArtefact,
                 "{}: tensor '{}': there is no record '{}{}' for its elements", source_.name(), tensor.name, kStorages,
                 tensor.storage_key);
    int64_t bytes = 0;
    const bool counted = !__builtin_mul_overflow(tensor.storage_elements, dtype_size_bytes(tensor.dtype), &bytes);
    const ZipRecord& record = records_[found->second];
    RIFT_REQUIRE(counted && bytes == record.size_bytes(), Code::kArtefact,
                 "{}: tensor '{}': its storage of {} {} elements should fill record '{}', which has {} bytes",
                 source_.name(), tensor.name, tensor.storage_elements, dtype_name(tensor.dtype), record.name,
                 record.size_bytes());
    return found->second;
  }

 private:
  const ByteSource& source_;
  const std::vector<ZipRecord>& records_;
  std::unordered_map<std::string_view, size_t> by_name_;
};

void require_little_endian(const ByteSource& source, const Records& records) {
  const ZipRecord* record = records.find(kByteOrder);
  if (record == nullptr) return;  // torch before 2.1 wrote none and always little-endian
  const auto bytes = read_record(source, *record, kMaxByteOrderBytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  RIFT_REQUIRE(text == "little", Code::kUnsupported, "{}: '{}' does not say 'little'; rift reads little-endian files",
               source.name(), record->name);
}

/// From the tensor's first element to behind its last one, in elements; 0 for an empty tensor.
int64_t span_of(const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
  int64_t last = 0;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0) return 0;
    last += (shape[i] - 1) * strides[i];
  }
  return last + 1;
}

bool is_row_major(const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
  int64_t expected = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    if (shape[i] != 1 && strides[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

/// Copies elements of `size_bytes` from where the strides say, in row-major order.
void gather(std::span<const std::byte> from, std::span<std::byte> out, const TensorInfo& tensor,
            const std::vector<int64_t>& strides) {
  const auto size_bytes = static_cast<size_t>(dtype_size_bytes(tensor.dtype));
  std::vector<int64_t> index(tensor.shape.size(), 0);
  int64_t element = 0;
  for (size_t to = 0; to < out.size(); to += size_bytes) {
    std::memcpy(out.data() + to, from.data() + static_cast<size_t>(element) * size_bytes, size_bytes);
    for (size_t i = index.size(); i-- > 0;) {
      element += strides[i];
      if (++index[i] < tensor.shape[i]) break;
      element -= strides[i] * tensor.shape[i];
      index[i] = 0;
    }
  }
}

}  // namespace

TorchFile::TorchFile(std::unique_ptr<const ByteSource> source, const TorchFileLimits& limits)
    : source_(std::move(source)) {
  require_zip(*source_);
  records_ = read_torch_zip(*source_, limits.zip);
  checked_ = std::make_unique<std::once_flag[]>(records_.size());
  const Records records(*source_, records_);
  require_little_endian(*source_, records);
  const ZipRecord* pickle = records.find(kPickle);
  RIFT_REQUIRE(pickle != nullptr, Code::kArtefact, "{}: there is no record '{}'; expected a file of torch.save",
               file_name(), kPickle);
  const auto bytes = read_record(*source_, *pickle, limits.pickle.max_bytes);
  std::vector<TensorInfo> tensors;
  int64_t total_bytes = 0;
  for (PickledTensor& pickled : read_torch_pickle(bytes, file_name() + ": " + pickle->name, limits.pickle)) {
    const size_t record = records.storage(pickled);
    const int64_t element_bytes = dtype_size_bytes(pickled.dtype);
    const int64_t begin = records_[record].begin + pickled.offset * element_bytes;
    const int64_t end = begin + span_of(pickled.shape, pickled.strides) * element_bytes;
    int64_t size_bytes = checked_element_count(pickled.shape);
    // What it takes to read it: its elements or, where they lie apart, the whole stretch of the file that holds them.
    const bool counted = size_bytes >= 0 && !__builtin_mul_overflow(size_bytes, element_bytes, &size_bytes) &&
                         !__builtin_add_overflow(total_bytes, std::max(size_bytes, end - begin), &total_bytes);
    RIFT_REQUIRE(
        counted && (total_bytes - limits.max_extra_bytes) / limits.max_expansion <= source_->size_bytes(),
        Code::kArtefact,
        "{}: tensor '{}' {}: the tensors so far repeat elements, or look at the same stretches, and need more than {} "
        "times the file's {} bytes",
        file_name(), pickled.name, shape_text(pickled.shape), limits.max_expansion, source_->size_bytes());
    tensors.push_back({.name = std::move(pickled.name),
                       .dtype = pickled.dtype,
                       .shape = std::move(pickled.shape),
                       .begin = begin,
                       .end = end});
    views_.push_back({record, std::move(pickled.strides)});
    for (size_t i = 0; i < tensors.back().shape.size(); ++i) {
      if (tensors.back().shape[i] == 1) views_.back().strides[i] = 0;  // any number may stand there
    }
  }
  set_tensors(std::move(tensors));
}

TorchFile TorchFile::open(const std::filesystem::path& path, const TorchFileLimits& limits) {
  return TorchFile(std::make_unique<FileBytes>(path), limits);
}

void TorchFile::check_record(size_t record) const {
  std::call_once(checked_[record], [&] { check_crc32(*source_, records_[record]); });
}

void TorchFile::read(const TensorInfo& tensor, std::span<std::byte> out) const {
  RIFT_CHECK(static_cast<int64_t>(out.size()) == tensor.size_bytes());
  const View& view = views_[place_of(tensor)];
  check_record(view.record);
  if (out.empty()) return;
  if (is_row_major(tensor.shape, view.strides)) {
    source_->read(tensor.begin, out);
    return;
  }
  std::vector<std::byte> looked_at(static_cast<size_t>(tensor.end - tensor.begin));
  source_->read(tensor.begin, looked_at);
  gather(looked_at, out, tensor, view.strides);
}

}  // namespace rift::checkpoint::format
