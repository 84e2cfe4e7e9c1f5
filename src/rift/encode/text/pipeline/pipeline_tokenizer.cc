#include "rift/encode/text/pipeline/pipeline_tokenizer.h"

#include <algorithm>
#include <span>
#include <utility>

#include "rift/base/error.h"
#include "rift/encode/text/added_vocabulary.h"
#include "rift/encode/text/character_rules.h"
#include "rift/encode/text/kept_buffer.h"
#include "rift/encode/text/pipeline/byte_alphabet.h"
#include "rift/encode/text/utf8.h"
#include "rift/encode/text/word_cache.h"

namespace rift::encode::text {
namespace {

using Model = std::variant<Bpe, Unigram>;

/// Buffers of a thread, so that encoding a text allocates nothing once they have grown; at most kKeptBytes each.
struct Scratch {
  std::vector<AddedTokenMatcher::Part> raw_parts, normalized_parts;
  AlignedText text, spare;
  Words words;
  WordCache cache;
  std::vector<Piece> pieces;  // of a long word

  void keep_small() {
    const auto keep = [](auto&... buffers) { (encode::text::keep_small(buffers), ...); };
    keep(raw_parts, normalized_parts, pieces, words.spans, words.spare_spans);
    for (AlignedText* one : {&text, &spare, &words.text, &words.spare_text}) keep(one->bytes, one->origin);
  }
};

Scratch& scratch() {
  thread_local Scratch buffers;
  return buffers;
}

Model model_of(PipelineSpec& spec) {
  Vocabulary vocabulary(std::move(spec.vocabulary), spec.source);
  if (auto* bpe = std::get_if<BpeOptions>(&spec.model)) return Bpe(std::move(vocabulary), *bpe, spec.source);
  return Unigram(std::move(vocabulary), std::move(std::get<UnigramOptions>(spec.model)), spec.source);
}

std::vector<PreTokenizerStep> steps_of(std::vector<PreTokenizerStep> steps, const Model& model) {
  const auto* bpe = std::get_if<Bpe>(&model);
  if (bpe != nullptr && !bpe->run_start().empty()) steps.emplace_back(RunStartStep{std::string(bpe->run_start())});
  return steps;
}

class PipelineTokenizer final : public Tokenizer {
 public:
  explicit PipelineTokenizer(PipelineSpec spec);
  void encode(std::string_view text, const EncodeOptions& options, Encoding& out) const override;
  int64_t vocab_size() const override { return added_.vocab_size(); }
  std::string_view token(int32_t id) const override;
  int32_t id(std::string_view token) const override;

 private:
  struct Run;
  const Vocabulary& vocabulary() const {
    return std::visit([](const auto& model) -> const Vocabulary& { return model.vocabulary(); }, model_);
  }
  int32_t model_id(std::string_view token) const {
    return std::visit([&](const auto& model) { return model.id(token); }, model_);
  }
  std::string normalized_text(std::string_view text) const;

  std::string source_;
  Model model_;
  Normalizers normalizers_;
  PreTokenizers pre_tokenizers_;
  std::optional<TrimOptions> trim_;
  AddedVocabulary added_;
  TokensAround around_;
};

PipelineTokenizer::PipelineTokenizer(PipelineSpec spec)
    : source_(spec.source),
      model_(model_of(spec)),
      normalizers_(std::move(spec.normalizer)),
      pre_tokenizers_(steps_of(std::move(spec.pre_tokenizer), model_)),
      trim_(spec.trim),
      added_(std::move(spec.added_tokens),
             {.source = source_,
              .vocab_size = vocabulary().size(),
              .id = [this](std::string_view token) { return model_id(token); },
              .token = [this](int32_t id) { return vocabulary().token(id); },
              .normalized_text = [this](std::string_view text) { return normalized_text(text); }}),
      around_(std::move(spec.around)) {
  for (const auto* ids : {&around_.before, &around_.after}) {
    for (const int32_t id : *ids) {
      RIFT_REQUIRE(!token(id).empty(), Code::kArtefact, "{}: the tokens around a text name id {}, which no token has",
                   source_, id);
    }
  }
}

std::string PipelineTokenizer::normalized_text(std::string_view text) const {
  AlignedText changed, spare;
  changed.assign(text, 0, false);
  normalizers_.apply(changed, spare);
  return changed.bytes;
}

std::string_view PipelineTokenizer::token(int32_t id) const {
  const auto added = added_.token(id);
  return !added.empty() ? added : vocabulary().token(id);
}

int32_t PipelineTokenizer::id(std::string_view token) const {
  const int32_t added = added_.id(token);
  return added >= 0 ? added : model_id(token);
}

bool is_trimmed(char32_t c) { return c == kWrittenSpace || is_space(c); }

/// One text on its way. Every step returns false once the limit is passed and the rest need not be looked at.
struct PipelineTokenizer::Run {
  const PipelineTokenizer& tokenizer;
  std::string_view text;
  TokenSink& sink;
  Scratch& buffers;
  size_t first_token;  // place of the first one of the text among the sink's

  bool add(int32_t id, Offset offset, std::string_view written) {
    if (sink.want_offsets && tokenizer.trim_) offset = trimmed(offset, written);
    return sink.add(id, offset);
  }

  /// In characters, as the library counts them: spaces of a token that the text has no place for (inserted ones, those
  /// of a character of several bytes) take along what stands there.
  Offset trimmed(Offset offset, std::string_view token) const {
    size_t leading = 0, trailing = 0;
    for (size_t at = 0; at < token.size(); ++leading) {
      const Decoded next = decode_valid(token, at);
      if (!is_trimmed(next.character)) break;
      at += next.bytes;
    }
    for (std::string_view rest = token; !rest.empty(); ++trailing) {
      const Decoded last = decode_last(rest);
      if (!is_trimmed(last.character)) break;
      rest.remove_suffix(last.bytes);
    }
    const bool is_first = sink.out.ids.size() == first_token || offset.begin == 0;
    if (leading > 0 && is_first && tokenizer.trim_->add_prefix_space) --leading;
    for (; leading > 0 && offset.begin < offset.end; --leading) {
      offset.begin += decode_valid(text, offset.begin).bytes;
    }
    uint32_t end = offset.end;
    for (; trailing > 0 && end > 0; --trailing) end -= decode_last(text.substr(0, end)).bytes;
    if (trailing == 0) offset.end = std::max(end, offset.begin);
    return offset;
  }

  template <class M>
  bool word(const M& model, std::string_view word, size_t begin) {
    const AlignedText& from = buffers.words.text;
    const auto put = [&](int32_t id, size_t first, size_t last) {
      return add(id, sink.want_offsets ? from.original(first, last) : Offset{},
                 sink.want_offsets ? model.vocabulary().token(id) : std::string_view());
    };
    std::span<const Piece> pieces;
    if (word.size() <= ShortWord::kMostBytes) {
      const auto key = ShortWord::of(word);
      if (const int32_t id = model.whole(key); id >= 0) return put(id, begin, begin + word.size());
      pieces = buffers.cache.pieces(model, word, key);
    } else {
      buffers.pieces.clear();
      model.split(word, buffers.pieces);
      pieces = buffers.pieces;
    }
    uint32_t first = 0, last = 0;
    for (const Piece& piece : pieces) {
      if (piece.end != last) first = std::exchange(last, piece.end);
      if (!put(piece.id, begin + first, begin + last)) return false;
    }
    return true;
  }

  /// Of buffers.words.text.
  bool words() {
    tokenizer.pre_tokenizers_.split(buffers.words);
    std::string& bytes = buffers.words.text.bytes;
    const size_t size = bytes.size();
    bytes.append(ShortWord::kMostBytes, '\0');  // what ShortWord may read behind the last word
    const bool more = std::visit(
        [&](const auto& model) {
          return std::ranges::all_of(buffers.words.spans, [&](Span span) {
            return word(model, std::string_view(bytes).substr(span.begin, span.end - span.begin), span.begin);
          });
        },
        tokenizer.model_);
    bytes.resize(size);
    return more;
  }

  /// A stretch [begin, end) of the text without added tokens that are looked for in the text as it is.
  bool stretch(size_t begin, size_t end) {
    AlignedText& normalized = buffers.text;
    normalized.assign(text.substr(begin, end - begin), begin,
                      sink.want_offsets || tokenizer.pre_tokenizers_.needs_origins());
    tokenizer.normalizers_.apply(normalized, buffers.spare);
    tokenizer.added_.normalized().split(normalized.bytes, buffers.normalized_parts);
    const bool whole = buffers.normalized_parts.size() == 1;
    return std::ranges::all_of(buffers.normalized_parts, [&](const auto& part) {
      if (part.id >= 0) {
        return add(part.id, normalized.original(part.begin, part.end),
                   std::string_view(normalized.bytes).substr(part.begin, part.end - part.begin));
      }
      if (whole) {
        std::swap(buffers.words.text, normalized);
        return words();
      }
      buffers.words.text.assign_part(normalized, part.begin, part.end);
      return words();
    });
  }

  void encode() {
    tokenizer.added_.raw().split(text, buffers.raw_parts);
    for (const auto& part : buffers.raw_parts) {
      const Offset offset = {static_cast<uint32_t>(part.begin), static_cast<uint32_t>(part.end)};
      const bool more = part.id < 0 ? stretch(part.begin, part.end)
                                    : add(part.id, offset, text.substr(part.begin, part.end - part.begin));
      if (!more) return;
    }
  }
};

void PipelineTokenizer::encode(std::string_view text, const EncodeOptions& options, Encoding& out) const {
  encode_in_frame(text, options, around_, out, [&](std::string_view valid, TokenSink& sink) {
    Run{*this, valid, sink, scratch(), out.ids.size()}.encode();
    scratch().keep_small();
  });
}

}  // namespace

std::unique_ptr<Tokenizer> make_pipeline_tokenizer(PipelineSpec spec) {
  return std::make_unique<PipelineTokenizer>(std::move(spec));
}

}  // namespace rift::encode::text
