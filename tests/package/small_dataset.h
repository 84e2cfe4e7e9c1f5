#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "checkpoint/small_model.h"
#include "models/tiny_encoders.h"
#include "rift/base/random.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/data/dataset.h"
#include "support/temp_directory.h"

namespace rift::test {

/// Records of one text column "note", made of the small vocabulary's words, whose last word says what the label is:
/// none is class 0, "late" is class 1 (bad), "paid" is class 2; amounts are 5,000 + 1,000 times that. Of several labels
/// "late" and "paid" are one each.
inline data::Dataset small_dataset(int64_t rows, data::Task task = data::Task::kBinary) {
  data::Dataset dataset;
  dataset.schema.task = task;
  dataset.schema.fields = {{.name = "note", .kind = data::Kind::kText, .role = data::Role::kFeature},
                           {.name = "outcome", .kind = data::Kind::kCategory, .role = data::Role::kLabel}};
  if (task == data::Task::kBinary) dataset.schema.class_names = {"good", "late"};
  if (data::has_classes(task)) dataset.schema.class_names = {"nothing", "late", "paid"};
  if (task == data::Task::kMultilabel) {
    dataset.schema.class_names = {"late", "paid"};
    dataset.schema.fields.pop_back();
    for (const char* name : {"late", "paid"})
      dataset.schema.fields.push_back({.name = name, .kind = data::Kind::kCategory, .role = data::Role::kLabel});
  }
  const char* kWords[] = {"the", "loan", "was"};
  const char* kMarks[] = {"", "late", "paid"};
  const CounterRandom random(11, 3);
  data::Texts texts;
  const uint64_t kinds = task == data::Task::kBinary ? 2 : 3;
  uint64_t draw = 0;
  for (int64_t row = 0; row < rows; ++row) {
    const uint64_t mark = random.below(draw++, kinds);
    std::string text;
    for (uint64_t word = random.below(draw++, 5); word > 0; --word) {
      text += std::string(kWords[random.below(draw++, 3)]) + " ";
    }
    texts.append(text + kMarks[mark]);
    const auto value = static_cast<double>(mark);
    dataset.label.push_back(task == data::Task::kRegression ? 5000.0 + 1000.0 * value : value);
    dataset.table.source_row.push_back(row);
  }
  dataset.table.rows = rows;
  dataset.table.columns.push_back({"note", std::move(texts)});
  return dataset;
}

/// The first `count` rows from `first` on.
inline std::vector<int64_t> row_range(int64_t first, int64_t count) {
  std::vector<int64_t> rows;
  for (int64_t row = first; row < first + count; ++row) rows.push_back(row);
  return rows;
}

/// A pretrained BERT of 2 layers and width 8 in `directory`/base; its path.
inline std::filesystem::path small_backbone(const TempDirectory& directory, bool pooler = true) {
  const auto base = small_directory(directory);
  checkpoint::write_tensors(directory / "base/model.safetensors", small_tensors(0, pooler));
  return base.root;
}

/// The small BERT with the language head that a checkpoint of its masked-language model has.
inline std::filesystem::path language_backbone(const TempDirectory& folder) {
  const std::filesystem::path root = small_directory(folder).root;
  checkpoint::TensorMap tensors = small_tensors(0);
  for (const checkpoint::NamedShape& part : small_layout().language_head) {
    tensors.emplace(part.name, seeded_tensor(part.name, part.shape));
  }
  checkpoint::write_tensors(root / "model.safetensors", tensors);
  return root;
}

/// General texts of the small vocabulary, one a line.
inline std::string general_texts(const TempDirectory& folder) {
  const char* kWords[] = {"the", "loan", "was", "paid", "late", "later"};
  const CounterRandom random(21, 1);
  std::string text;
  for (uint64_t line = 0; line < 40; ++line) {
    for (uint64_t word = 0; word < 3 + line % 5; ++word) {
      text += std::string(kWords[random.below(10 * line + word, 6)]) + " ";
    }
    text += "\n";
  }
  folder.write("general.txt", text);
  return (folder / "general.txt").string();
}

/// small_backbone() with widths that the engine computes: 64, heads of 32.
inline std::filesystem::path engine_backbone(const TempDirectory& directory) {
  const auto base = small_directory(directory);
  Json config = small_config();
  config["hidden_size"] = 64;
  config["num_attention_heads"] = 2;
  config["intermediate_size"] = 96;
  directory.write("base/config.json", to_json_text(config, 2));
  checkpoint::write_tensors(directory / "base/model.safetensors", small_tensors(0, true, config));
  return base.root;
}

/// The pretrained encoder of another architecture with the small vocabulary; `name` as in models/tiny_encoders.h. Of
/// those that read WordPiece, a directory as transformers would load it.
inline std::filesystem::path encoder_backbone(const TempDirectory& directory, const std::string& name) {
  const std::filesystem::path root = small_directory(directory).root;
  for (const char* file : {"config.json", "model.safetensors"}) {
    std::filesystem::copy_file(tiny_folder(name) + "/" + file, root / file,
                               std::filesystem::copy_options::overwrite_existing);
  }
  const std::string tokenizer = name == "distilbert" ? "DistilBertTokenizer"
                                : name == "electra"  ? "ElectraTokenizer"
                                                     : "BertTokenizer";
  directory.write("base/tokenizer_config.json", R"({"do_lower_case":true,"tokenizer_class":")" + tokenizer + R"("})");
  return root;
}

/// Leaves 8 bits no step for the other weights of some maps of the 2 layers: a weight of 1000 on a state that is always
/// 0, which changes nothing in f32.
inline void plant_outliers(const std::filesystem::path& backbone) {
  const std::filesystem::path file = backbone / "model.safetensors";
  auto tensors = checkpoint::read_tensors(file);
  for (auto& [name, tensor] : tensors) {
    if (name.ends_with(".intermediate.dense.weight") || name.ends_with(".intermediate.dense.bias")) {
      tensor.narrow(0, 5, 1).zero_();
    } else if (name.ends_with(".output.dense.weight") && !name.ends_with(".attention.output.dense.weight")) {
      tensor.narrow(1, 5, 1).fill_(1000.0);
    }
  }
  checkpoint::write_tensors(file, tensors);
}

}  // namespace rift::test
