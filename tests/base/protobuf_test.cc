#include "rift/base/protobuf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "support/failure.h"

namespace rift::protobuf {
namespace {

using testing::HasSubstr;

std::string bytes_of(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes += static_cast<char>(value);
  return bytes;
}

// The messages of protobuf.dev/programming-guides/encoding.
TEST(Protobuf, WritesTheMessagesOfItsGuide) {
  Writer number;
  number.number(1, 150);
  EXPECT_EQ(number.message(), bytes_of({0x08, 0x96, 0x01}));
  Writer text;
  text.bytes(2, "testing");
  EXPECT_EQ(text.message(), bytes_of({0x12, 0x07}) + "testing");
  Writer within;
  within.bytes(3, number.message());
  EXPECT_EQ(within.message(), bytes_of({0x1A, 0x03, 0x08, 0x96, 0x01}));
  Writer negative;
  negative.number(1, -2);
  EXPECT_EQ(negative.message(), bytes_of({0x08, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}));
}

TEST(Protobuf, ReadsWhatItWrites) {
  Writer writer;
  writer.number(1, std::numeric_limits<int64_t>::min());
  writer.f32(2, 1.5F);
  writer.f64(300, -2.25);
  writer.bytes(4, std::string("a\0b", 3));
  writer.bytes_head(5, 2);
  const std::string message = writer.message() + "xy";
  Reader reader(message, "here", "is it?");
  auto field = reader.next();
  ASSERT_TRUE(field);
  EXPECT_EQ(field->number, 1u);
  EXPECT_EQ(static_cast<int64_t>(field->value), std::numeric_limits<int64_t>::min());
  field = reader.next();
  EXPECT_EQ(field->wire, Wire::kFixed32);
  EXPECT_EQ(std::bit_cast<float>(static_cast<uint32_t>(field->value)), 1.5F);
  field = reader.next();
  EXPECT_EQ(field->number, 300u);
  EXPECT_EQ(std::bit_cast<double>(field->value), -2.25);
  EXPECT_EQ(reader.next()->bytes, std::string_view("a\0b", 3));
  EXPECT_EQ(reader.next()->bytes, "xy");
  EXPECT_FALSE(reader.next());
}

TEST(Protobuf, WhatIsNoMessageIsNamed) {
  const auto read = [](const std::string& message) {
    return test::message_of(Code::kArtefact, [&] {
      Reader reader(message, "file.model", "is this a model?");
      while (reader.next()) {
      }
    });
  };
  EXPECT_EQ(read(bytes_of({0x12, 0x07, 'a'})), "file.model: the file is cut short; is this a model?");
  EXPECT_THAT(read(bytes_of({0x08, 0x96})), HasSubstr("cut short"));
  EXPECT_THAT(read(bytes_of({0x0D, 1, 2, 3})), HasSubstr("cut short"));
  EXPECT_THAT(read(bytes_of({0x0B})), HasSubstr("a field of an unknown kind"));  // a group
  EXPECT_THAT(read(std::string(11, '\xFF')), HasSubstr("a number of more than 64 bits"));
  EXPECT_THAT(test::message_of(Code::kArtefact,
                               [] { Reader("", "x", "y").require({.wire = Wire::kBytes}, Wire::kVarint, "a size"); }),
              HasSubstr("a size is of the wrong kind"));
}

}  // namespace
}  // namespace rift::protobuf
