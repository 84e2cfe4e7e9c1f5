#pragma once

#include <span>
#include <string_view>

namespace rift {

struct SentenceEntry {
  std::string_view key;   // "verdict.better"
  std::string_view text;  // with {named} placeholders
};

std::span<const SentenceEntry> english_sentences();  // sentences_en.cc
std::span<const SentenceEntry> chinese_sentences();  // sentences_zh.cc

std::span<const SentenceEntry> english_models_sentences();  // sentences_models_en.cc
std::span<const SentenceEntry> chinese_models_sentences();  // sentences_models_zh.cc

std::span<const SentenceEntry> english_search_sentences();  // sentences_search_en.cc
std::span<const SentenceEntry> chinese_search_sentences();  // sentences_search_zh.cc

std::span<const SentenceEntry> english_curve_sentences();  // sentences_curve_en.cc
std::span<const SentenceEntry> chinese_curve_sentences();  // sentences_curve_zh.cc

}  // namespace rift
