#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "corrupt/torch/forge.h"

// One test a rule of the ZIP container, in the order of the reader.
namespace rift {
namespace {

using forge::good_parts;
using forge::torch_verdict;
using forge::zip;
using forge::ZipEnd;
using forge::ZipPart;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

auto refused(const char* why) { return AllOf(StartsWith("artefact: forged.pt"), HasSubstr(why)); }
auto unsupported(const char* why) { return AllOf(StartsWith("unsupported: forged.pt"), HasSubstr(why)); }

/// Verdict on a good file after `change` was made to record `index` (0: data.pkl, 2: the storage).
template <class Change>
std::string changed(size_t index, Change&& change) {
  auto parts = good_parts();
  change(parts.at(index));
  return torch_verdict(zip(parts));
}

std::string with_end(const ZipEnd& end) { return torch_verdict(zip(good_parts(), end)); }

TEST(TorchZip, WholeFilesAreAccepted) {
  EXPECT_EQ(torch_verdict(zip(good_parts())), "accepted");
  EXPECT_EQ(with_end({.zip64 = false}), "accepted");
  EXPECT_EQ(changed(2, [](ZipPart& part) { part.flags = 0; }), "accepted") << "sizes before the data";
  EXPECT_EQ(changed(2, [](ZipPart& part) { part.local_extra = std::string("FB\x03\0ZZZ", 7); }), "accepted")
      << "the padding that torch puts there";
  const auto file = forge::open_torch(zip(good_parts()));
  ASSERT_EQ(file.tensors().size(), 1u);
  EXPECT_EQ(file.at("t").shape, (std::vector<int64_t>{2, 2}));
}

TEST(TorchZip, EveryTruncationIsRefused) {
  const std::string whole = zip(good_parts());
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_THAT(torch_verdict(whole.substr(0, size)), refused(""));
}

TEST(TorchZip, WhatIsNoArchiveIsNamed) {
  EXPECT_THAT(torch_verdict(std::string("\x80\x02]q", 4)), unsupported("before 1.6"));
  EXPECT_THAT(torch_verdict("<html>"), refused("starts with 'PK'"));
  EXPECT_THAT(torch_verdict(zip({})), refused("an archive without records"));
}

TEST(TorchZip, TheEndRecordIsTheEndOfTheFile) {
  EXPECT_THAT(torch_verdict(zip(good_parts()) + "x"), refused("does not end with an end record"));
  EXPECT_THAT(with_end({.comment = "x"}), refused("does not end with an end record"));
  EXPECT_THAT(torch_verdict(zip(good_parts()) + zip(good_parts())), refused("not where its locator says"));
}

TEST(TorchZip, OneDiskOnly) { EXPECT_THAT(with_end({.disk = 1}), refused("one disk")); }

TEST(TorchZip, BothEndRecordsSayTheSame) {
  EXPECT_THAT(with_end({.records = 3}), refused("say different things"));
  EXPECT_THAT(with_end({.directory_begin = 5}), refused("say different things"));
  EXPECT_THAT(with_end({.directory_size = 5}), refused("say different things"));
  EXPECT_THAT(with_end({.records64 = 3}), refused("say different things"));
  EXPECT_THAT(with_end({.record64_begin = 0}), refused("not where its locator says"));
  EXPECT_EQ(with_end({.records = 0xFFFF, .directory_size = 0xFFFFFFFF, .directory_begin = 0xFFFFFFFF}), "accepted");
}

TEST(TorchZip, The64BitEndRecordIsOneOfOneDisk) {
  EXPECT_THAT(with_end({.record64_size = 45}), refused("a 64-bit end record of one disk and 56 bytes"));
  EXPECT_THAT(with_end({.record64_size = ~uint64_t{0}}), refused("a 64-bit end record of one disk and 56 bytes"));
  EXPECT_THAT(with_end({.disk64 = 1}), refused("a 64-bit end record of one disk"));
  EXPECT_THAT(with_end({.records_here64 = 3}), refused("a 64-bit end record of one disk"));
  EXPECT_THAT(with_end({.locator_disk = 1}), refused("not where its locator says"));
  EXPECT_THAT(with_end({.locator_disks = 2}), refused("not where its locator says"));
  EXPECT_THAT(with_end({.record64_begin = ~uint64_t{0}}), refused("not where its locator says"));
  EXPECT_THAT(with_end({.record64_begin = uint64_t{1} << 63}), refused("not where its locator says"));
}

TEST(TorchZip, CountsOf64BitsAreHeldToTheLimit) {
  const auto counted = [](uint64_t records) { return with_end({.records = 0xFFFF, .records64 = records}); };
  EXPECT_EQ(counted(4), "accepted");
  EXPECT_THAT(counted(~uint64_t{0}), refused("18446744073709551615 records, the limit is 10000"));
  EXPECT_THAT(counted(uint64_t{1} << 63), refused("the limit is 10000"));
  EXPECT_THAT(counted((uint64_t{1} << 32) + 4), refused("the limit is 10000")) << "4 in its lower half";
  EXPECT_THAT(counted(5), refused("it ends sooner"));
  EXPECT_THAT(counted(3), refused("belong to no record"));
}

TEST(TorchZip, TheDirectoryFillsThePlaceBeforeTheEndRecord) {
  EXPECT_THAT(with_end({.zip64 = false, .directory_begin = 5}), refused("the directory should fill"));
  EXPECT_THAT(with_end({.zip64 = false, .directory_size = 0xFFFFFFFF}), refused("the directory should fill"));
  EXPECT_THAT(with_end({.zip64 = false, .directory_begin = 0xFFFFFFFF}), refused("the directory should fill"));
  EXPECT_THAT(with_end({.directory_begin = 0xFFFFFFFF, .directory_begin64 = ~uint64_t{0}}),
              refused("the directory should fill"));
  for (const uint64_t size : {~uint64_t{0}, uint64_t{1} << 63, uint64_t{1} << 32}) {
    EXPECT_THAT(with_end({.directory_size = 0xFFFFFFFF, .directory_size64 = size}),
                refused("the directory should fill"));
    EXPECT_THAT(with_end({.directory_size = 0xFFFFFFFF,
                          .directory_begin = 0xFFFFFFFF,
                          .directory_begin64 = ~size + 1,  // their sum passes 64 bits
                          .directory_size64 = size}),
                refused("the directory should fill"));
  }
}

TEST(TorchZip, TheDirectoryHoldsTheRecordsThatItCounts) {
  EXPECT_THAT(with_end({.zip64 = false, .records = 5}), refused("it ends sooner"));
  EXPECT_THAT(with_end({.zip64 = false, .records = 3}), refused("belong to no record"));
  EXPECT_THAT(changed(0, [](ZipPart& part) { part.comment = "x"; }), refused("has a comment"));
}

TEST(TorchZip, CompressedAndEncryptedRecordsAreUnsupported) {
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.method = 8; }), unsupported("is compressed (method 8)"));
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.flags |= 1; }), unsupported("is encrypted"));
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.flags |= 1 << 6; }), unsupported("is encrypted"));
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.flags |= 1 << 5; }), refused("unknown flags"));
}

TEST(TorchZip, NamesStayInsideTheArchive) {
  for (const char* name : {"../x", "m/../x", "/m/x", "m//x", "m/", "m/./x", "m\\x", "", "m/\x01", "m/\xC3\xA4"}) {
    EXPECT_THAT(changed(2, [&](ZipPart& part) { part.name = name; }), refused("expected")) << name;
  }
  EXPECT_THAT(changed(2, [&](ZipPart& part) { part.name = std::string("m/a\0b", 5); }), refused("printable"));
  EXPECT_THAT(changed(2, [&](ZipPart& part) { part.name = "m/" + std::string(511, 'a'); }), refused("1 to 512"));
}

TEST(TorchZip, NamesAreUnique) {
  EXPECT_THAT(changed(3, [](ZipPart& part) { part.name = "m/data/0"; }), refused("two records are called 'm/data/0'"));
}

TEST(TorchZip, LinksAndOtherDisksAreRefused) {
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.attributes = 0xA1FF0000; }), refused("expected a plain file"));
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.disk = 1; }), refused("expected a plain file"));
}

TEST(TorchZip, SizesAgree) {
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.compressed_size = 15; }), refused("contradict"));
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.size = 1'000'000; }), refused("contradict"));
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.size = 0xFFFFFFFF; }), refused("contradict"));
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.size = 15; }), refused("say different things"));
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.size = 17; }), refused("say different things"));
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.offset = 0xFFFFFF; }), refused("contradict"));
}

template <class... Numbers>
std::string wide_field(Numbers... numbers) {
  std::string field("\x01\0", 2);
  forge::append_u16(field, 8 * sizeof...(numbers));
  (append_little_endian(field, static_cast<uint64_t>(numbers)), ...);
  return field;
}

TEST(TorchZip, WideSizesComeFromTheirField) {
  const auto wide = [](uint64_t value) {
    std::string field("\x01\0\x10\0", 4);
    append_little_endian(field, value);
    append_little_endian(field, value);
    return field;
  };
  const auto with = [&](const std::string& extra) {
    return changed(2, [&](ZipPart& part) {
      part.size = 0xFFFFFFFF;
      part.extra = extra;
    });
  };
  EXPECT_EQ(with(wide(16)), "accepted");
  EXPECT_THAT(with(wide(~uint64_t{0})), refused("contradict"));
  EXPECT_THAT(with(wide(uint64_t{1} << 63)), refused("contradict"));
  EXPECT_THAT(with(wide(16) + wide(16)), refused("contradict")) << "the field twice";
  EXPECT_THAT(with(std::string("\x01\0\x08\0", 4) + std::string(8, '\x10')), refused("contradict")) << "a number short";
  EXPECT_THAT(with(std::string("\x01\0\xFF\0", 4)), refused("contradict")) << "a field that runs out";
  EXPECT_THAT(with("xyz"), refused("contradict")) << "no whole field";
}

TEST(TorchZip, WideOffsetsLeadIntoTheFile) {
  const auto at = [](uint64_t offset) {
    return changed(2, [&](ZipPart& part) {
      part.offset = 0xFFFFFFFF;
      part.extra = wide_field(offset);
    });
  };
  const std::string whole = zip(good_parts());
  EXPECT_EQ(at(whole.find("m/data/0") - 30), "accepted");
  EXPECT_THAT(at(whole.size() + 100), refused("contradict"));
  EXPECT_THAT(at(uint64_t{1} << 32), refused("contradict"));
  EXPECT_THAT(at(uint64_t{1} << 63), refused("contradict"));
  EXPECT_THAT(at(~uint64_t{0}), refused("contradict"));
  EXPECT_THAT(at(0), refused("it overlaps the record before"));
  EXPECT_THAT(at(whole.find("m/data/0") - 29), refused("there is a hole before it"));
}

TEST(TorchZip, NumbersThatStandTwiceAreRefused) {
  const auto with = [](std::optional<uint32_t> narrow, const std::string& extra) {
    return changed(2, [&](ZipPart& part) {
      part.size = narrow;
      part.extra = extra;
    });
  };
  EXPECT_THAT(with(16, wide_field(99, 99)), refused("contradict")) << "which of both sizes counts?";
  EXPECT_THAT(with(16, wide_field(16, 16)), refused("contradict"));
  EXPECT_THAT(with(0xFFFFFFFF, wide_field(16, 16, 0)), refused("contradict")) << "an offset beside that of 32 bits";
  EXPECT_THAT(with(0xFFFFFFFF, wide_field(16, 15)), refused("contradict")) << "packed and plain size differ";
  EXPECT_THAT(with(0xFFFFFFFF, wide_field(17, 17)), refused("say different things"));
  const auto before = [](const std::string& extra) {
    return changed(2, [&](ZipPart& part) {
      part.flags = 0;
      part.local_size = 0xFFFFFFFF;
      part.local_extra = extra;
    });
  };
  EXPECT_EQ(before(wide_field(16, 16)), "accepted");
  EXPECT_EQ(before(wide_field(16, 16, 0)), "accepted") << "as torch repeats the offset";
  EXPECT_THAT(before(wide_field(17, 17)), refused("say different things"));
  EXPECT_THAT(before(wide_field(16, 17)), refused("say different things"));
  EXPECT_THAT(before(wide_field(16)), refused("say different things"));
}

/// Zeros with a few written pieces: a file too large to be made.
class SparseBytes final : public checkpoint::format::ByteSource {
 public:
  void put(const std::string& bytes) {
    pieces_.emplace_back(size_bytes_, bytes);
    size_bytes_ += static_cast<int64_t>(bytes.size());
  }
  void skip(int64_t zeros) { size_bytes_ += zeros; }
  const std::string& name() const override { return name_; }
  int64_t size_bytes() const override { return size_bytes_; }
  void read(int64_t offset, std::span<std::byte> out) const override {
    std::fill(out.begin(), out.end(), std::byte{0});
    for (const auto& [begin, bytes] : pieces_) {
      for (size_t i = 0; i < bytes.size(); ++i) {
        const int64_t at = begin + static_cast<int64_t>(i) - offset;
        if (at >= 0 && at < static_cast<int64_t>(out.size())) out[static_cast<size_t>(at)] = std::byte(bytes[i]);
      }
    }
  }

 private:
  std::string name_ = "forged.pt";
  std::vector<std::pair<int64_t, std::string>> pieces_;
  int64_t size_bytes_ = 0;
};

/// As miniz writes: sizes in 8 bytes behind the data where any number of the record needs them.
std::string wide_descriptor(uint64_t size) {
  std::string bytes;
  forge::append_u32(bytes, 0x08074B50);
  forge::append_u32(bytes, 0);
  append_little_endian(bytes, size);
  append_little_endian(bytes, size);
  return bytes;
}

std::string header_of(const ZipPart& part) {
  std::string bytes;
  forge::append_record(bytes, part, 0);
  return bytes.substr(0, bytes.size() - 16);  // without the narrow descriptor
}

TEST(TorchZip, RecordsBeyondFourGibibytesAreFound) {
  constexpr int64_t kLarge = int64_t{5} << 30;
  SparseBytes file;
  file.put(header_of({.name = "m/data/0", .local_extra = wide_field(kLarge, kLarge)}));
  const int64_t first_begin = file.size_bytes();
  file.skip(kLarge);
  file.put(wide_descriptor(kLarge));
  const int64_t second_header = file.size_bytes();
  file.put(header_of({.name = "m/b", .data = "xy", .local_extra = wide_field(second_header)}));
  file.put(wide_descriptor(2));
  const int64_t directory_begin = file.size_bytes();
  std::string directory;
  forge::append_entry(directory, {.name = "m/data/0", .size = 0xFFFFFFFF, .extra = wide_field(kLarge, kLarge)}, 0, 0);
  forge::append_entry(directory,
                      {.name = "m/b", .data = "xy", .offset = 0xFFFFFFFF, .extra = wide_field(second_header)}, 0, 0);
  file.put(directory);
  const std::string end = zip({}, {.records = 2,
                                   .directory_size = static_cast<uint32_t>(directory.size()),
                                   .directory_begin = 0xFFFFFFFF,
                                   .records64 = 2,
                                   .directory_begin64 = static_cast<uint64_t>(directory_begin),
                                   .directory_size64 = directory.size(),
                                   .record64_begin = static_cast<uint64_t>(file.size_bytes())});
  file.put(end);
  const auto records = checkpoint::format::read_torch_zip(file);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].begin, first_begin);
  EXPECT_EQ(records[0].size_bytes(), kLarge);
  EXPECT_EQ(records[1].name, "m/b");
  EXPECT_EQ(records[1].size_bytes(), 2);
}

TEST(TorchZip, RecordsFollowEachOtherFromTheFirstByte) {
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.gap_before = "polyglot"; }), refused("there is a hole before it"));
  EXPECT_THAT(torch_verdict("PK" + zip(good_parts(), {.zip64 = false})), refused("the directory should fill"));
  EXPECT_THAT(changed(0, [](ZipPart& part) { part.gap_before = "PK\x03\x04"; }), refused("there is a hole before it"));
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.offset = 0; }), refused("it overlaps the record before"));
  auto parts = good_parts();
  parts.back().flags = 0;
  parts.back().data += "tail";
  parts.back().size = 2;
  parts.back().local_size = 2;
  parts.back().crc = checkpoint::format::crc32(std::as_bytes(std::span("3\n", 2)));
  EXPECT_THAT(torch_verdict(zip(parts)), refused("the directory begins at"));
}

TEST(TorchZip, HeadersAndDirectoryAgree) {
  const auto differs = refused("say different things");
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.local_name = "m/data/1"; }), differs);
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.local_name = "m/data/00000000"; }), differs);
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.local_method = 8; }), differs);
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.local_flags = 0; }), differs);
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.local_size = 4; }), differs);
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.local_size = 0xFFFFFFFF; }), differs);
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.local_extra = "xyz"; }), differs);
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.descriptor_size = 4; }), differs);
}

TEST(TorchZip, ChecksumsAreChecked) {
  EXPECT_THAT(changed(0, [](ZipPart& part) { part.crc = 1; }), refused("'m/data.pkl': its CRC-32"));
  EXPECT_THAT(changed(2, [](ZipPart& part) { part.crc = 1; }), refused("'m/data/0': its CRC-32"));
}

TEST(TorchZip, Limits) {
  EXPECT_THAT(torch_verdict(zip(good_parts()), {.zip = {.max_records = 3}}), refused("4 records, the limit is 3"));
  EXPECT_THAT(torch_verdict(zip(good_parts()), {.zip = {.max_directory_bytes = 100}}), refused("the limit is 100"));
  EXPECT_THAT(torch_verdict(zip(good_parts()), {.zip = {.max_name_bytes = 5}}), refused("1 to 5"));
}

TEST(Crc32, CheckValueOfTheStandardAndParts) {
  const std::string_view text = "123456789";
  const auto bytes = std::as_bytes(std::span(text));
  EXPECT_EQ(checkpoint::format::crc32(bytes), 0xCBF43926u);
  EXPECT_EQ(checkpoint::format::crc32(bytes.subspan(4), checkpoint::format::crc32(bytes.first(4))), 0xCBF43926u);
  EXPECT_EQ(checkpoint::format::crc32({}), 0u);
}

}  // namespace
}  // namespace rift
