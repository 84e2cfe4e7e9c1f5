#include "rift/data/leakage.h"

#include <array>
#include <cmath>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "rift/base/count_text.h"
#include "rift/base/log.h"
#include "rift/base/random.h"
#include "rift/base/sentences.h"
#include "rift/base/threads.h"
#include "rift/data/feature_evidence.h"

namespace rift::data {

namespace {

constexpr double kLaterRows = 0.01;

std::optional<Leak> about_label(const Column& column, std::span<const double> labels) {
  const double auc = single_auc(column, labels);
  const double either_way = std::max(auc, 1.0 - auc);
  if (either_way > kSeparatesAuc) {
    return Leak{.kind = LeakKind::kSeparatesLabel,
                .column = column.name,
                .evidence = sentence("leakage.separates", fmt::arg("auc", fmt::format("{:.4f}", either_way))),
                .value = either_way};
  }
  const OneClassEvent event = one_class_event(column, labels);
  if (!event.found) return std::nullopt;
  return Leak{.kind = LeakKind::kFilledForOneClass,
              .column = column.name,
              .evidence = sentence(event.by_missing ? "leakage.filled_for_one_class" : "leakage.event_of_one_class",
                                   fmt::arg("share_bad", percent_text(event.share_bad)),
                                   fmt::arg("share_good", percent_text(event.share_good))),
              .value = std::max(event.share_bad, event.share_good)};
}

std::optional<Leak> about_time(const Column& column, const std::vector<int64_t>& decided) {
  if (column.storage() != Storage::kTime || decided.empty()) return std::nullopt;
  int64_t filled = 0;
  int64_t later = 0;
  for (size_t row = 0; row < decided.size(); ++row) {
    const int64_t time = column.times()[row];
    if (time == kMissingTime || decided[row] == kMissingTime) continue;
    ++filled;
    later += time > decided[row] ? 1 : 0;
  }
  const double share = filled == 0 ? 0.0 : static_cast<double>(later) / static_cast<double>(filled);
  if (share < kLaterRows) return std::nullopt;
  return Leak{.kind = LeakKind::kAfterDecision,
              .column = column.name,
              .evidence = sentence("leakage.after_decision", fmt::arg("share", percent_text(share))),
              .value = share};
}

uint64_t bytes_hash(uint64_t hash, const void* data, size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  for (; size >= 8; size -= 8, bytes += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes, 8);
    hash = splitmix64(hash ^ word);
  }
  uint64_t word = size;
  for (size_t i = 0; i < size; ++i) word = word << 8 | bytes[i];
  return splitmix64(hash ^ word);
}

/// Rows with equal features have equal hashes; 64 bits keep others apart in any table that fits into memory.
std::vector<uint64_t> row_hashes(const std::vector<const Column*>& columns) {
  std::vector<uint64_t> hashes(columns.empty() ? 0 : static_cast<size_t>(columns.front()->rows()), 0);
  for (const Column* one : columns) {
    const Column& column = *one;
    for (size_t row = 0; row < hashes.size(); ++row) {
      uint64_t& hash = hashes[row];
      if (column.missing(static_cast<int64_t>(row))) {
        hash = splitmix64(hash ^ 0x6d697373696e67ull);
      } else if (column.storage() == Storage::kText) {
        const auto value = *column.texts().get(static_cast<int64_t>(row));
        hash = bytes_hash(hash, value.data(), value.size());
      } else if (column.storage() == Storage::kTime) {
        hash = bytes_hash(hash, &column.times()[row], 8);
      } else {
        const double value = column.numbers()[row] + 0.0;  // -0 and 0 are one value
        hash = bytes_hash(hash, &value, 8);
      }
    }
  }
  return hashes;
}

constexpr uint8_t part_bit(Part part) { return static_cast<uint8_t>(1U << static_cast<int>(part)); }
constexpr bool several(uint8_t bits) { return (bits & (bits - 1)) != 0; }

/// Keys that stand in more than one part, and the rows outside the training part that have one.
struct Shared {
  int64_t keys = 0;
  int64_t rows = 0;
};

template <class Key>
Shared shared_between_parts(const std::vector<Key>& keys, const std::vector<Part>& part) {
  std::unordered_map<Key, uint8_t> parts_of;
  for (size_t row = 0; row < keys.size(); ++row) parts_of[keys[row]] |= part_bit(part[row]);
  Shared shared;
  for (const auto& [key, bits] : parts_of) shared.keys += several(bits) ? 1 : 0;
  for (size_t row = 0; row < keys.size(); ++row)
    shared.rows += part[row] != Part::kTrain && several(parts_of.at(keys[row])) ? 1 : 0;
  return shared;
}

void find_shared(const Dataset& dataset, const std::vector<const Column*>& features, std::vector<Leak>& leaks) {
  const auto& part = dataset.split.part;
  if (part.size() != static_cast<size_t>(dataset.rows())) return;
  if (!features.empty()) {
    const Shared rows = shared_between_parts(row_hashes(features), part);
    if (rows.rows > 0)
      leaks.push_back({.kind = LeakKind::kSharedRows,
                       .column = {},
                       .evidence = sentence("leakage.shared_rows", fmt::arg("count", rows.rows)),
                       .value = static_cast<double>(rows.rows)});
  }
  const auto report = [&](LeakKind kind, Role role, const std::vector<std::string>& keys) {
    if (keys.empty()) return;
    const Shared shared = shared_between_parts(keys, part);
    if (shared.keys == 0) return;
    const Field* field = dataset.schema.with_role(role);
    const std::string column = field == nullptr ? std::string(role_name(role)) : field->name;
    leaks.push_back(
        {.kind = kind,
         .column = column,
         .evidence = sentence("leakage.shared_ids", fmt::arg("count", shared.keys), fmt::arg("column", column)),
         .value = static_cast<double>(shared.keys)});
  };
  report(LeakKind::kSharedIds, Role::kId, dataset.id);
  if (dataset.group != dataset.id) report(LeakKind::kSharedGroups, Role::kGroup, dataset.group);
}

std::string_view leak_name(LeakKind kind) {
  static constexpr std::array<std::string_view, 6> kNames = {
      "separates_label", "filled_for_one_class", "after_decision", "shared_rows", "shared_ids", "shared_groups"};
  return kNames.at(static_cast<size_t>(kind));
}

}  // namespace

int64_t repeated_rows(const std::vector<const Column*>& columns) {
  const std::vector<uint64_t> hashes = row_hashes(columns);
  return static_cast<int64_t>(hashes.size() - std::unordered_set<uint64_t>(hashes.begin(), hashes.end()).size());
}

std::vector<Leak> find_leaks(const Dataset& dataset) {
  std::vector<const Column*> columns;
  for (const Field* field : dataset.schema.features()) {
    if (const Column* column = dataset.table.find(field->name)) columns.push_back(column);
  }
  std::vector<std::optional<Leak>> by_label(columns.size());
  std::vector<std::optional<Leak>> by_time(columns.size());
  const bool binary = dataset.schema.task == Task::kBinary && !dataset.label.empty();
  parallel_for(static_cast<int64_t>(columns.size()), 1, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      if (binary) by_label[i] = about_label(*columns[i], dataset.label);
      by_time[i] = about_time(*columns[i], dataset.time);
    }
  });
  std::vector<Leak> leaks;
  for (size_t i = 0; i < columns.size(); ++i) {
    for (auto* found : {&by_label[i], &by_time[i]}) {
      if (*found) leaks.push_back(std::move(**found));
    }
  }
  find_shared(dataset, columns, leaks);
  return leaks;
}

void log_leaks(const std::vector<Leak>& leaks) {
  for (const Leak& leak : leaks) {
    const std::string about = leak.column.empty() ? "" : leak.column + ": ";
    log_warning(sentence("leakage.warning", fmt::arg("finding", about + leak.evidence)));
  }
}

Json to_json(const std::vector<Leak>& leaks) {
  Json json = Json::array();
  for (const Leak& leak : leaks) {
    Json one{{"kind", leak_name(leak.kind)}};
    if (!leak.column.empty()) one["column"] = leak.column;
    one["evidence"] = leak.evidence;
    one["value"] = leak.value;
    json.push_back(std::move(one));
  }
  return json;
}

}  // namespace rift::data
