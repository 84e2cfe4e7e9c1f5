#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "rift/base/posix_file.h"
#include "rift/models/text_encoder.h"
#include "rift/nn/engine/memory.h"
#include "rift/package/inputs.h"
#include "rift/tensor/packed_batch.h"

namespace rift::train {

/// Room for what frozen layers say of the training rows.
struct KeptBudget {
  int64_t memory_bytes = int64_t{1} << 30;
  int64_t disk_bytes = 0;
  std::filesystem::path folder;  // of the file, which has no name and is gone with the process
};

/// Token states that the frozen layers of an encoder gave for each row, computed when a row first comes up and read
/// from then on: below the lowest trainable layer nothing changes while training (TextEncoder), so that every loss is
/// the same as without, to the bit where the fused engine runs. Rows beyond the budget are computed every time.
class KeptStates {
 public:
  /// layers: how many from the bottom up are frozen, at least 1. places: of rows that there may be. precision: what
  /// states are kept in.
  struct Form {
    int64_t layers = 1;
    int64_t places = 0;
    nn::Precision precision = nn::Precision::kF32;
    bool operator==(const Form&) const = default;
  };
  KeptStates(Form form, KeptBudget budget);
  ~KeptStates();
  KeptStates(const KeptStates&) = delete;
  KeptStates& operator=(const KeptStates&) = delete;

  const Form& form() const { return form_; }
  /// Some rows of `rows`, which `batch` holds in the same order, and the place of each: of the same row always the
  /// same.
  struct Asked {
    const package::EncodedRows& rows;
    std::span<const int64_t> chosen;
    std::span<const int64_t> place;
    const tensor::PackedBatch& batch;
  };
  /// States of the rows, [S,D] f32, on the batch's device. encoder: always of the same pretrained layers.
  at::Tensor states(const models::TextEncoder& encoder, const Asked& asked);
  int64_t rows_kept() const { return rows_kept_; }

 private:
  /// A stretch of memory or of the file, filled from the front.
  struct Slab {
    nn::engine::Block memory;
    char* data = nullptr;
    int64_t used = 0;
    bool mapped = false;  // of the file
  };
  char* room(int64_t bytes);
  bool add_slab();
  bool add_file_slab();
  int64_t bytes_of(int64_t tokens) const;
  void keep(int64_t place, const float* states, int64_t tokens);
  void read(int64_t place, int64_t tokens, float* to) const;
  void compute_missing(const models::TextEncoder& encoder, const Asked& asked, std::span<const size_t> missing,
                       float* to);

  Form form_;
  int64_t width_ = 0;  // of the encoder, once it was asked
  KeptBudget budget_;
  std::vector<Slab> slabs_;
  std::vector<char*> at_place_;  // [places], nullptr where nothing is kept
  std::optional<posix::Descriptor> file_;
  int64_t rows_kept_ = 0;
};

}  // namespace rift::train
