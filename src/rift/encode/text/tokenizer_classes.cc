#include "rift/encode/text/tokenizer_classes.h"

#include <algorithm>

namespace rift::encode::text {
namespace {

constexpr UsualToken kBert[] = {{"unk_token", "[UNK]"},
                                {"sep_token", "[SEP]"},
                                {"pad_token", "[PAD]"},
                                {"cls_token", "[CLS]"},
                                {"mask_token", "[MASK]"}};
constexpr UsualToken kRoberta[] = {
    {"bos_token", "<s>"},
    {"eos_token", "</s>"},
    {"unk_token", "<unk>"},
    {"sep_token", "</s>"},
    {"pad_token", "<pad>"},
    {"cls_token", "<s>"},
    {"mask_token", "<mask>", /*takes_space_before=*/true, /*normalized=*/false, /*with_flags=*/true}};
constexpr UsualToken kXlmRoberta[] = {
    {"bos_token", "<s>"},
    {"eos_token", "</s>"},
    {"unk_token", "<unk>"},
    {"sep_token", "</s>"},
    {"pad_token", "<pad>"},
    {"cls_token", "<s>"},
    {"mask_token", "<mask>", /*takes_space_before=*/true, /*normalized=*/true, /*with_flags=*/true}};
constexpr UsualToken kAlbert[] = {
    {"bos_token", "[CLS]"},
    {"eos_token", "[SEP]"},
    {"unk_token", "<unk>"},
    {"sep_token", "[SEP]"},
    {"pad_token", "<pad>"},
    {"cls_token", "[CLS]"},
    {"mask_token", "[MASK]", /*takes_space_before=*/true, /*normalized=*/false, /*with_flags=*/true}};
constexpr std::string_view kEnd = "<|endoftext|>";
constexpr UsualToken kGpt2[] = {{"bos_token", kEnd}, {"eos_token", kEnd}, {"unk_token", kEnd}};
constexpr UsualToken kQwen2[] = {{"eos_token", kEnd, false, false, true},
                                 {"unk_token", kEnd, false, false, true},
                                 {"pad_token", kEnd, false, false, true}};
constexpr UsualToken kLlama[] = {{"bos_token", "<s>"}, {"eos_token", "</s>"}, {"unk_token", "<unk>"}};
constexpr UsualToken kGemma[] = {
    {"bos_token", "<bos>"}, {"eos_token", "<eos>"}, {"unk_token", "<unk>"}, {"pad_token", "<pad>"}};

constexpr TokenizerClass kClasses[] = {
    {.name = "AlbertTokenizer", .tokens = kAlbert},
    {.name = "BertTokenizer", .sets_normalizer = true, .tokens = kBert},
    {.name = "DistilBertTokenizer", .sets_normalizer = true, .tokens = kBert},
    {.name = "ElectraTokenizer", .sets_normalizer = true, .tokens = kBert},
    {.name = "GPT2Tokenizer", .tokens = kGpt2},
    {.name = "GemmaTokenizer", .sets_bos_and_eos = true, .tokens = kGemma},
    {.name = "LlamaTokenizer", .sets_bos_and_eos = true, .rebuilds_of_model = true, .tokens = kLlama},
    {.name = "MobileBertTokenizer", .sets_normalizer = true, .tokens = kBert},
    {.name = "PreTrainedTokenizer"},
    {.name = "Qwen2Tokenizer", .tokens = kQwen2},
    {.name = "RobertaTokenizer", .sets_trim = true, .tokens = kRoberta},
    {.name = "XLMRobertaTokenizer", .tokens = kXlmRoberta},
};

}  // namespace

const TokenizerClass* tokenizer_class_named(std::string_view name) {
  const auto* found = std::ranges::find(kClasses, name, &TokenizerClass::name);
  return found != std::end(kClasses) ? found : nullptr;
}

std::span<const TokenizerClass> tokenizer_classes() { return kClasses; }

std::string names_of_tokenizer_classes(bool TokenizerClass::*does) {
  std::string names;
  for (const TokenizerClass& one : kClasses) {
    if (does == nullptr || one.*does) (names += names.empty() ? "" : ", ") += one.name;
  }
  return names;
}

}  // namespace rift::encode::text
