#include "rift/data/numbered_rows.h"

#include <algorithm>
#include <utility>

#include "rift/base/error.h"

namespace rift::data {

namespace {

/// A column that is wanted itself is no misspelling of another one.
std::vector<std::string> unwanted_columns(const Source& source, const std::vector<NumberedRows::Wanted>& wanted) {
  std::vector<std::string> names = source.column_names();
  std::erase_if(names, [&](const std::string& name) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const auto& one) { return one.name == name; });
  });
  return names;
}

}  // namespace

NumberedRows::NumberedRows(const std::string& source, const SourceOptions& options, std::vector<Wanted> wanted,
                           std::string asked_by)
    : options_(options), wanted_(std::move(wanted)), asked_by_(std::move(asked_by)) {
  auto first = std::make_unique<Source>(source, options_);
  files_ = first->files();
  next_file_ = 1;
  options_.known_whole = true;
  if (files_.size() > 1) first = std::make_unique<Source>(files_.front(), options_);
  enter(std::move(first));
}

void NumberedRows::enter(std::unique_ptr<Source> source) {
  source_ = std::move(source);
  requests_.clear();
  place_.assign(wanted_.size(), std::nullopt);
  for (size_t i = 0; i < wanted_.size(); ++i) {
    const auto found = source_->find(wanted_[i].name);
    if (!found && wanted_[i].optional) continue;
    if (!found) {
      const std::vector<std::string> others = unwanted_columns(*source_, wanted_);
      if (!asked_by_.empty()) fail_without(*source_, wanted_[i].name, asked_by_, others);
      RIFT_FAIL(Code::kData, "{}: the model needs a column '{}', which is not among its {} columns{}", source_->name(),
                shorten(wanted_[i].name), source_->columns().size(), source_->hint_for(wanted_[i].name, others));
    }
    place_[i] = requests_.size();
    requests_.push_back({.column = *found, .as_text = wanted_[i].as_text});
  }
  if (requests_.empty()) requests_.push_back({.column = 0, .as_text = true});  // rows are counted all the same
  read_rows_ = 0;
  pass_over_ = 0;
  file_begin_ = next_row_;
  if (source_->has_broken_json()) {
    go_on_forgiving();
    return;
  }
  broken_.clear();
  next_broken_ = 0;
  reader_ = source_->open(requests_);
}

void NumberedRows::go_on_forgiving() {
  // Nothing that was read so far had a broken line in it, so numbers go on where they are.
  broken_.clear();
  next_broken_ = 0;
  reader_ = source_->open_forgiving(requests_, broken_);
  pass_over_ = read_rows_;
}

bool NumberedRows::broken_is_next() const {
  return next_broken_ < broken_.size() && file_begin_ + broken_[next_broken_].row == next_row_;
}

void NumberedRows::add_broken(NumberedChunk& chunk) {
  Source::BrokenLine& broken = broken_[next_broken_++];
  chunk.rows.push_back({.source_row = next_row_, .chunk_row = -1, .rows = broken.rows, .why = std::move(broken.why)});
  next_row_ += broken.rows;
}

void NumberedRows::number(NumberedChunk& chunk, int64_t rows) {
  int64_t first = 0;
  if (pass_over_ > 0) {
    first = std::min(pass_over_, rows);
    pass_over_ -= first;
  }
  for (int64_t row = first; row < rows; ++row) {
    while (broken_is_next() && !broken_[next_broken_].is_read) add_broken(chunk);
    if (broken_is_next()) {
      add_broken(chunk);
      continue;
    }
    chunk.rows.push_back({.source_row = next_row_++, .chunk_row = row, .rows = 1, .why = {}});
  }
}

bool NumberedRows::next(NumberedChunk& chunk) {
  chunk.rows.clear();
  while (chunk.rows.empty()) {
    chunk.columns = reader_->empty_columns();
    int64_t rows = 0;
    if (!reader_->try_append_next(chunk.columns, rows)) {
      go_on_forgiving();
      continue;
    }
    if (rows > 0) {
      if (pass_over_ == 0) read_rows_ += rows;
      number(chunk, rows);
      continue;
    }
    while (next_broken_ < broken_.size()) add_broken(chunk);
    if (!chunk.rows.empty()) return true;
    if (next_file_ >= files_.size()) return false;
    enter(std::make_unique<Source>(files_[next_file_++], options_));
  }
  return true;
}

}  // namespace rift::data
