#include "rift/train/event_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rift/base/error.h"
#include "rift/train/run_log.h"
#include "support/temp_directory.h"

namespace rift::train {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(EventFile, TheChecksumIsThatOfRfc3720) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
}

TEST(EventFile, ARecordIsAnEventInProtobufBetweenItsChecksums) {
  const std::string record = scalar_record(300, {{"lr", 0.5}});
  const std::string event(
      "\x09\x00\x00\x00\x00\x00\xC0\x72\x40"  // wall_time: 300 as a double
      "\x10\xAC\x02"                          // step: 300 in groups of seven bits
      "\x2A\x0B"                              // summary, 11 bytes
      "\x0A\x09"                              // value, 9 bytes
      "\x0A\x02lr"                            // tag
      "\x15\x00\x00\x00\x3F",                 // simple_value: 0.5 as a float
      25);
  ASSERT_EQ(record.size(), 8 + 4 + event.size() + 4);
  EXPECT_EQ(record.substr(0, 8), std::string("\x19\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(record.substr(12, event.size()), event);
  // tensorboard 2.21: summary.writer.record_writer.masked_crc32c of the two
  EXPECT_EQ(record.substr(8, 4), std::string("\x8B\xF1\x08\x28", 4));
  EXPECT_EQ(record.substr(12 + event.size()), std::string("\xF9\xC4\x97\x6C", 4));
}

TEST(EventFile, FiguresAreNamedByWhatTheyWereMeasuredOn) {
  EXPECT_THAT(scalars_of(Json{{"step", 2}, {"epoch", 0.5}, {"loss", 0.25}, {"lr", 0.125}, {"rows", 32}}),
              ElementsAre(Pair("train/loss", 0.25), Pair("train/lr", 0.125), Pair("train/epoch", 0.5)));
  EXPECT_THAT(scalars_of(Json{{"step", 2}, {"epoch", 1.0}, {"validation", Json{{"loss", 0.5}, {"auc", Json()}}}}),
              ElementsAre(Pair("validation/loss", 0.5)));
  EXPECT_THAT(scalars_of(Json{{"step", 2},
                              {"epoch", 1.0},
                              {"validation", Json{{"loss", 0.5}}},
                              {"forgetting", Json{{"parameter_distance", 0.25}, {"pretraining_loss", Json()}}}}),
              ElementsAre(Pair("validation/loss", 0.5), Pair("forgetting/parameter_distance", 0.25)));
}

}  // namespace
}  // namespace rift::train
