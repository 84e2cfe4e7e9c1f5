#include <memory>
#include <optional>
#include <string>

#include "rift/base/options.h"
#include "rift/base/sentences.h"
#include "rift/checkpoint/convert.h"
#include "rift/cli/output.h"
#include "rift/cli/verb.h"
#include "rift/package/backbone.h"
#include "rift/package/gguf_export.h"
#include "rift/package/model_tokenizer.h"

namespace rift::cli {
namespace {

struct Arguments {
  std::string source;
  std::string to;
  std::string out;
  std::string dtype;
  int64_t max_shard_bytes = 0;
};

template <class E>
E parse(const std::string& name, const char* flag) {
  E value{};
  read_value(Json(name), "rift models convert", flag, {}, value);
  return value;
}

checkpoint::ConvertSpec convert_spec(const Arguments& arguments) {
  checkpoint::ConvertSpec spec{.source = arguments.source,
                               .out = arguments.out,
                               .to = parse<checkpoint::WeightsFormat>(arguments.to, "--to"),
                               .dtype = {},
                               .max_shard_bytes = {},
                               .write_gguf_tokenizer = package::write_gguf_tokenizer,
                               .describe_for_gguf = package::describe_for_gguf};
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(spec.source, ignored)) spec.source = package::resolve_model(arguments.source);
  if (!arguments.dtype.empty()) spec.dtype = parse<checkpoint::FloatType>(arguments.dtype, "--dtype");
  if (arguments.max_shard_bytes != 0) spec.max_shard_bytes = arguments.max_shard_bytes;
  return spec;
}

}  // namespace

Run add_models_convert(CLI::App& command) {
  auto arguments = std::make_shared<Arguments>();
  command
      .add_option(
          "SRC", arguments->source,
          "Model directory or .gguf file, name of a model on this machine, or one file of weights (.safetensors, "
          ".bin, .pt, an index of shards)")
      ->required();
  command
      .add_option("--to", arguments->to,
                  "safetensors, torch (a file of torch.save that weights_only loads) or gguf (of a decoder)")
      ->type_name("FORMAT")
      ->required();
  command.add_option("--out", arguments->out, "Directory to be made; of one file of weights, and with gguf: the file")
      ->type_name("PATH")
      ->required();
  command
      .add_option("--dtype", arguments->dtype,
                  "f32, f16, bf16 or, with gguf, q8_0 for floating tensors; left out: as they are")
      ->type_name("TYPE");
  command
      .add_option("--max-shard-bytes", arguments->max_shard_bytes,
                  "Several files and an index beyond this; default: 5000000000")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 50).description(""));
  command.footer(
      "A GGUF file becomes the Hugging Face directory that it was made from. A decoder (Llama, Mistral, Qwen2, Qwen3,\n"
      "Gemma 3, GPT-2) becomes a GGUF file with its settings, the lists of its tokenizer and its licence; --dtype is\n"
      "there of matrices, vectors are f32. What GGUF cannot say is refused by its name.");
  return [arguments](const CommonFlags& flags) {
    const checkpoint::ConvertResult result = checkpoint::convert_model(convert_spec(*arguments));
    if (flags.json)
      print_json(Json{
          {"out", arguments->out}, {"weights", result.weights}, {"tensors", result.tensors}, {"bytes", result.bytes}});
    else
      print_result(sentence("done.convert", fmt::arg("path", arguments->out), fmt::arg("tensors", result.tensors)));
    return 0;
  };
}

}  // namespace rift::cli
