#include <cmath>

#include "rift/base/error.h"
#include "rift/classic/binning.h"

namespace rift::classic {

Json VariableBins::to_json() const {
  Json bins = Json::array();
  for (const Bin& bin : bins_) {
    Json item = Json::object();
    switch (bin.kind) {
      case BinKind::kRange:
        item["kind"] = "range";
        if (std::isfinite(bin.low)) item["low"] = bin.low;
        if (std::isfinite(bin.high)) item["high"] = bin.high;
        break;
      case BinKind::kSpecial:
        item["kind"] = "code";
        item["code"] = bin.code;
        break;
      case BinKind::kCategories:
        item["kind"] = "categories";
        item["values"] = Json(bin.categories);
        item["other"] = bin.holds_other;
        break;
      case BinKind::kMissing:
        item["kind"] = "missing";
        break;
    }
    item["good"] = bin.counts.good;
    item["bad"] = bin.counts.bad;
    item["woe"] = bin.woe;
    bins.push_back(std::move(item));
  }
  return Json{{"is_number", is_number_}, {"information_value", information_value_}, {"bins", std::move(bins)}};
}

VariableBins VariableBins::from_json(const Json& json) {
  VariableBins variable;
  variable.is_number_ = json.at("is_number").as_bool();
  variable.information_value_ = json.at("information_value").as_double();
  for (const Json& item : json.at("bins").as_array()) {
    Bin bin;
    const std::string& kind = item.at("kind").as_string();
    if (kind == "range") {
      if (const Json* low = item.find("low")) bin.low = low->as_double();
      if (const Json* high = item.find("high")) bin.high = high->as_double();
    } else if (kind == "code") {
      bin.kind = BinKind::kSpecial;
      bin.code = item.at("code").as_double();
    } else if (kind == "categories") {
      bin.kind = BinKind::kCategories;
      for (const Json& name : item.at("values").as_array()) bin.categories.push_back(name.as_string());
      bin.holds_other = item.at("other").as_bool();
    } else {
      RIFT_REQUIRE(kind == "missing", Code::kArtefact, "bins: unknown kind '{}'", shorten(kind));
      bin.kind = BinKind::kMissing;
    }
    bin.counts = {item.at("good").as_double(), item.at("bad").as_double()};
    bin.woe = item.at("woe").as_double();
    variable.bins_.push_back(std::move(bin));
  }
  RIFT_REQUIRE(!variable.bins_.empty(), Code::kArtefact, "bins: the list is empty");
  variable.index();
  return variable;
}

}  // namespace rift::classic
