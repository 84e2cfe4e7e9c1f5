#include "rift/checkpoint/archive.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/sha256.h"
#include "rift/checkpoint/format/gguf.h"
#include "rift/checkpoint/format/safetensors.h"
#include "rift/checkpoint/format/sharded.h"
#include "rift/checkpoint/format/torch_file.h"

namespace rift::checkpoint {
namespace {

namespace fs = std::filesystem;

enum class FileKind { kSafetensors, kTorch, kGguf, kIndex };

std::string_view name_of(FileKind kind) {
  switch (kind) {
    case FileKind::kSafetensors:
      return "safetensors";
    case FileKind::kTorch:
      return "torch.save";
    case FileKind::kGguf:
      return "GGUF";
    case FileKind::kIndex:
      return "shards";
  }
  RIFT_FAIL(Code::kBug, "a kind of file without a name");
}

struct Ending {
  std::string_view text;
  FileKind kind;
};
constexpr Ending kEndings[] = {
    {".safetensors", FileKind::kSafetensors},
    {".index.json", FileKind::kIndex},
    {".gguf", FileKind::kGguf},
    {".bin", FileKind::kTorch},
    {".pt", FileKind::kTorch},
    {".pth", FileKind::kTorch},
    {".ckpt", FileKind::kTorch},
};

/// What only one kind of file begins with. Safetensors begin with a length, which may be anything.
struct Magic {
  std::string_view bytes;
  FileKind kind;
  std::string_view what;
};
constexpr Magic kMagics[] = {
    {"GGUF", FileKind::kGguf, "a GGUF file"},
    {"PK\x03\x04", FileKind::kTorch, "a ZIP archive, as torch.save writes it"},
    {"\x80\x02", FileKind::kTorch, "a pickle"},
};

FileKind kind_by_name(const fs::path& file) {
  const std::string name = file.filename().string();
  for (const auto& ending : kEndings) {
    if (name.ends_with(ending.text)) return ending.kind;
  }
  RIFT_REQUIRE(!name.ends_with(".json"), Code::kArtefact, "{}: holds no weights; name the directory that it lies in",
               file.string());
  RIFT_FAIL(Code::kUnsupported,
            "{}: rift reads weights from .safetensors, .bin, .pt, .pth, .ckpt and .gguf; save it as one of these",
            file.string());
}

/// A file that lies about its name is refused rather than read as what it is: someone may have been meant to take it
/// for something else.
void require_matching_magic(const format::ByteSource& source, FileKind by_name) {
  std::array<char, 4> first{};
  const auto held = static_cast<size_t>(std::min<int64_t>(source.size_bytes(), first.size()));
  source.read(0, std::as_writable_bytes(std::span(first)).first(held));
  const std::string_view text(first.data(), held);
  for (const auto& magic : kMagics) {
    // A safetensors file of 0x0280.. bytes of header begins with "\x80\x02" too.
    const bool two_bytes = magic.bytes.size() == 2 && by_name == FileKind::kSafetensors;
    RIFT_REQUIRE(
        magic.kind == by_name || two_bytes || !text.starts_with(magic.bytes), Code::kArtefact,
        "{}: its name and its first bytes disagree, it begins as {} does; rename it if you know where it comes "
        "from",
        source.name(), magic.what);
  }
}

format::ShardIndex read_index(const fs::path& file) {
  const format::ShardIndexLimits limits;
  return format::parse_shard_index(read_file(file, limits.max_bytes), file.string(), limits);
}

std::unique_ptr<const format::TensorArchive> open_shards(const fs::path& file) {
  const format::ShardIndex index = read_index(file);
  std::vector<std::unique_ptr<const format::TensorArchive>> shards;
  for (const std::string& name : index.files) {
    RIFT_REQUIRE(kind_by_name(name) != FileKind::kIndex, Code::kArtefact,
                 "{}: weight_map names the index '{}' as a shard", file.string(), name);
    shards.push_back(open_archive(file.parent_path() / name));
  }
  return std::make_unique<format::ShardedArchive>(file.string(), index, std::move(shards));
}

}  // namespace

std::vector<WeightsEnding> weights_endings() {
  std::vector<WeightsEnding> endings;
  for (const Ending& ending : kEndings) endings.push_back({ending.text, name_of(ending.kind)});
  return endings;
}

std::unique_ptr<const format::TensorArchive> open_archive(const fs::path& file) {
  const FileKind kind = kind_by_name(file);
  if (kind == FileKind::kIndex) return open_shards(file);
  auto source = std::make_unique<format::FileBytes>(file);
  require_matching_magic(*source, kind);
  switch (kind) {
    case FileKind::kTorch:
      return std::make_unique<format::TorchFile>(std::move(source));
    case FileKind::kGguf:
      return std::make_unique<format::Gguf>(std::move(source));
    default:
      return std::make_unique<format::Safetensors>(std::move(source));
  }
}

std::vector<fs::path> archive_files(const fs::path& file) {
  std::vector<fs::path> files = {file};
  if (kind_by_name(file) != FileKind::kIndex) return files;
  for (const std::string& name : read_index(file).files) files.push_back(file.parent_path() / name);
  return files;
}

std::string archive_sha256(const fs::path& file) {
  const std::vector<fs::path> files = archive_files(file);
  if (files.size() == 1) return sha256_file(file);
  std::string list;
  for (const fs::path& part : files) list += sha256_file(part) + "  " + part.filename().string() + "\n";
  return sha256_hex(list);
}

std::vector<NamedShape> shapes_of(const format::TensorArchive& file) {
  std::vector<NamedShape> shapes;
  for (const format::TensorInfo& tensor : file.tensors()) shapes.push_back({tensor.name, tensor.shape});
  return shapes;
}

}  // namespace rift::checkpoint
