#include "rift/data/captions.h"

#include <optional>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/options.h"

namespace rift::data {

namespace {

struct ColumnCaption {
  std::string caption;
  std::string unit;
  OptionMap<std::string> values;
  template <class V>
  void visit(V& v) {
    v("caption", caption, "Readable name of the column.");
    v("unit", unit, "Unit of its numbers, such as months.");
    v("values", values, "Readable names of its values.");
  }
};

struct Captions {
  OptionMap<ColumnCaption> columns;
  template <class V>
  void visit(V& v) {
    v("columns", columns, "Readable names by column.");
  }
};

}  // namespace

void apply_captions(const std::filesystem::path& file, Schema& schema) {
  Captions captions;
  read_options(parse_yaml(read_file(file), file.string()), file.string(), captions);
  for (auto& [name, caption] : captions.columns) {
    Field* found = nullptr;
    std::vector<std::string> names;
    for (Field& field : schema.fields) {
      names.push_back(field.name);
      if (field.name == name) found = &field;
    }
    if (found == nullptr) {
      const std::string near = nearest_name(name, names);
      RIFT_FAIL(Code::kConfig, "{}: columns.{}: the data has no such column{}", file.string(), shorten(name),
                near.empty() ? "" : fmt::format("; did you mean '{}'?", shorten(near)));
    }
    found->caption = std::move(caption.caption);
    found->unit = std::move(caption.unit);
    found->value_captions = std::move(caption.values);
  }
}

}  // namespace rift::data
