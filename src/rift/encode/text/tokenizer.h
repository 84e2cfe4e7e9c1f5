#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rift::encode::text {

/// Byte range of a token in the input text; {0,0} for tokens that no text stands behind ([CLS], [SEP]).
struct Offset {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool operator==(const Offset&) const = default;
};

struct Encoding {
  std::vector<int32_t> ids;
  std::vector<Offset> offsets;  // same length as ids when asked for, else empty
  bool truncated = false;
};

struct EncodeOptions {
  int64_t max_tokens = 512;  // [CLS] and [SEP] included and always kept; 0 = no limit. Of a text that is cut to a
                             // number of tokens the first 16 MiB are read
  bool add_special = true;
  bool want_offsets = false;
};

/// Text -> token ids, equal id for id to the `tokenizers` library on the same files. Thread-safe after construction;
/// never pads. No input bytes make it throw (invalid UTF-8 is replaced by U+FFFD); a normalizer that writes more of a
/// text than AlignedText allows does, kArtefact: its file is broken or made to do harm.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  virtual void encode(std::string_view text, const EncodeOptions& options, Encoding& out) const = 0;
  virtual int64_t vocab_size() const = 0;
  virtual std::string_view token(int32_t id) const = 0;  // "" outside the vocabulary
  virtual int32_t id(std::string_view token) const = 0;  // -1 when unknown
};

/// From a Hugging Face directory: tokenizer.json when there, else vocab.txt, vocab.json + merges.txt,
/// tokenizer.model or sentencepiece.bpe.model (each with tokenizer_config.json, where it is there). Throws kArtefact
/// (missing, broken) or kUnsupported naming the normalizer, pre-tokenizer or model that is not implemented.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& model_directory);

}  // namespace rift::encode::text
