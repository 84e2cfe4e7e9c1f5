#include <algorithm>
#include <array>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/little_endian.h"
#include "rift/base/staged_file.h"
#include "rift/checkpoint/format/crc32.h"
#include "rift/checkpoint/format/tensor_writers.h"
#include "rift/checkpoint/format/torch_zip.h"

namespace rift::checkpoint::format {
namespace {

// The numbers are those of torch_zip.cc and torch_pickle.h, where their sources stand.
constexpr std::string_view kRoot = "archive/";
constexpr size_t kAlignment = 64;       // of records, as torch lays them
constexpr uint32_t kWide = 0xFFFFFFFF;  // "see the 64-bit field"
constexpr uint16_t kVersion64 = 45;     // of ZIP, which has 64-bit fields
constexpr uint16_t kFirstDay = 0x0021;  // 1 January 1980
constexpr uint16_t kZip64Field = 1;
constexpr uint16_t kPaddingField = 0x4246;  // "FB": torch's own, of no meaning

constexpr std::array<std::pair<DType, std::string_view>, 10> kStorages = {{
    {DType::kBool, "BoolStorage"},
    {DType::kU8, "ByteStorage"},
    {DType::kI8, "CharStorage"},
    {DType::kI16, "ShortStorage"},
    {DType::kF16, "HalfStorage"},
    {DType::kBF16, "BFloat16Storage"},
    {DType::kI32, "IntStorage"},
    {DType::kF32, "FloatStorage"},
    {DType::kF64, "DoubleStorage"},
    {DType::kI64, "LongStorage"},
}};

std::string_view storage_of(DType dtype) {
  for (const auto& [known, name] : kStorages) {
    if (known == dtype) return name;
  }
  RIFT_FAIL(Code::kBug, "element type without a storage of torch");
}

/// The pickle of a mapping of names to tensors.
class StatePickle {
 public:
  std::string of(std::span<const TensorSpec> tensors) {
    bytes_ = "\x80\x02}(";
    for (size_t i = 0; i < tensors.size(); ++i) {
      text(tensors[i].name);
      tensor(tensors[i], std::to_string(i));
    }
    return bytes_ + "u.";
  }

 private:
  void text(std::string_view value) {
    bytes_ += 'X';
    append_little_endian(bytes_, static_cast<uint32_t>(value.size()));
    bytes_ += value;
  }

  void global(std::string_view module, std::string_view name) { bytes_ += fmt::format("c{}\n{}\n", module, name); }

  void number(int64_t value) {
    if (value < 256) {
      bytes_ += 'K';
      append_little_endian(bytes_, static_cast<uint8_t>(value));
    } else if (value < int64_t{1} << 31) {
      bytes_ += 'J';
      append_little_endian(bytes_, static_cast<int32_t>(value));
    } else {
      bytes_ += "\x8a\x08";
      append_little_endian(bytes_, value);
    }
  }

  void numbers(std::span<const int64_t> values) {
    bytes_ += '(';
    for (const int64_t value : values) number(value);
    bytes_ += 't';
  }

  void tensor(const TensorSpec& spec, std::string_view key) {
    std::vector<int64_t> strides(spec.shape.size());
    int64_t elements = 1;
    for (size_t i = strides.size(); i-- > 0;) {
      strides[i] = elements;
      elements *= spec.shape[i];
    }
    global("torch._utils", "_rebuild_tensor_v2");
    bytes_ += "((";
    text("storage");
    global("torch", storage_of(spec.dtype));
    text(key);
    text("cpu");
    number(elements);
    bytes_ += "tQ";
    number(0);
    numbers(spec.shape);
    numbers(strides);
    bytes_ += '\x89';
    global("collections", "OrderedDict");
    bytes_ += ")RtR";
  }

  std::string bytes_;
};

/// Appends stored records to a file, then the directory.
class ZipWriter {
 public:
  explicit ZipWriter(const std::filesystem::path& path) : file_(path) {}

  void add(std::string_view name, std::string_view bytes) {
    const Record record = {std::string(kRoot) + std::string(name), bytes.size(),
                           static_cast<uint64_t>(file_.size_bytes()),
                           crc32(std::as_bytes(std::span(bytes.data(), bytes.size())))};
    std::string extra;
    if (record.size_bytes >= kWide) {
      append_little_endian(extra, kZip64Field);
      append_little_endian(extra, uint16_t{16});
      append_little_endian(extra, record.size_bytes);
      append_little_endian(extra, record.size_bytes);
    }
    const size_t begin = record.header_begin + 30 + record.name.size() + extra.size() + 4;
    const size_t padding = (kAlignment - begin % kAlignment) % kAlignment;
    append_little_endian(extra, kPaddingField);
    append_little_endian(extra, static_cast<uint16_t>(padding));
    extra.append(padding, 'Z');
    std::string head = "PK\x03\x04";
    append_common(head, record, extra.size());
    file_.append(head + record.name + extra);
    file_.append(bytes);
    records_.push_back(record);
  }

  void publish(const FileCheck& check) {
    const auto begin = static_cast<uint64_t>(file_.size_bytes());
    for (const Record& record : records_) file_.append(directory_entry(record));
    const auto end = static_cast<uint64_t>(file_.size_bytes());
    std::string tail = "PK\x06\x06";
    append_little_endian(tail, uint64_t{44});
    append_little_endian(tail, kVersion64);
    append_little_endian(tail, kVersion64);
    append_little_endian(tail, uint64_t{0});  // one disk
    append_little_endian(tail, static_cast<uint64_t>(records_.size()));
    append_little_endian(tail, static_cast<uint64_t>(records_.size()));
    append_little_endian(tail, end - begin);
    append_little_endian(tail, begin);
    tail += "PK\x06\x07";
    append_little_endian(tail, uint32_t{0});
    append_little_endian(tail, end);
    append_little_endian(tail, uint32_t{1});
    tail += "PK\x05\x06";
    append_little_endian(tail, uint32_t{0});
    const auto count = static_cast<uint16_t>(std::min<size_t>(records_.size(), 0xFFFF));
    append_little_endian(tail, count);
    append_little_endian(tail, count);
    append_little_endian(tail, narrow(end - begin));
    append_little_endian(tail, narrow(begin));
    append_little_endian(tail, uint16_t{0});
    file_.append(tail);
    if (check) check(file_.path());
    file_.publish();
  }

 private:
  struct Record {
    std::string name;
    uint64_t size_bytes = 0;
    uint64_t header_begin = 0;
    uint32_t crc32 = 0;
  };

  static uint32_t narrow(uint64_t value) { return static_cast<uint32_t>(std::min<uint64_t>(value, kWide)); }

  /// What the header before a record and its entry in the directory have in common.
  static void append_common(std::string& head, const Record& record, size_t extra_bytes) {
    append_little_endian(head, kVersion64);
    append_little_endian(head, uint32_t{0});  // no flags, stored
    append_little_endian(head, uint16_t{0});  // midnight
    append_little_endian(head, kFirstDay);
    append_little_endian(head, record.crc32);
    append_little_endian(head, narrow(record.size_bytes));
    append_little_endian(head, narrow(record.size_bytes));
    append_little_endian(head, static_cast<uint16_t>(record.name.size()));
    append_little_endian(head, static_cast<uint16_t>(extra_bytes));
  }

  static std::string directory_entry(const Record& record) {
    std::string wide;
    if (record.size_bytes >= kWide) {
      append_little_endian(wide, record.size_bytes);
      append_little_endian(wide, record.size_bytes);
    }
    if (record.header_begin >= kWide) append_little_endian(wide, record.header_begin);
    std::string extra;
    if (!wide.empty()) {
      append_little_endian(extra, kZip64Field);
      append_little_endian(extra, static_cast<uint16_t>(wide.size()));
      extra += wide;
    }
    std::string entry = "PK\x01\x02";
    append_little_endian(entry, kVersion64);
    append_common(entry, record, extra.size());
    entry.append(10, '\0');  // no comment, first disk, no attributes
    append_little_endian(entry, narrow(record.header_begin));
    return entry + record.name + extra;
  }

  StagedFile file_;
  std::vector<Record> records_;
};

}  // namespace

void stream_torch_file(const std::filesystem::path& path, std::span<const TensorSpec> tensors, const TensorReader& read,
                       const FileCheck& check) {
  constexpr int64_t kOthers = 3;  // data.pkl, byteorder, version
  const int64_t most = ZipLimits().max_records - kOthers;
  RIFT_REQUIRE(std::ssize(tensors) <= most, Code::kUnsupported,
               "{}: {} tensors, and a file of torch.save is read with at most {}; write safetensors instead",
               path.string(), tensors.size(), most);
  ZipWriter zip(path);
  zip.add("data.pkl", StatePickle().of(tensors));
  zip.add("byteorder", "little");
  for (size_t i = 0; i < tensors.size(); ++i) {
    const std::span<const std::byte> bytes = read(i);
    RIFT_CHECK(static_cast<int64_t>(bytes.size()) == tensors[i].size_bytes());
    zip.add("data/" + std::to_string(i), {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  zip.add("version", "3\n");
  zip.publish(check);
}

}  // namespace rift::checkpoint::format
