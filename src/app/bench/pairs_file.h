#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "app/bench/labelled_photos.h"

namespace facegate::app {

/// One comparison of a pairs list: NAME_0001 by name and number.
struct PhotoPair {
    struct Photo {
        std::string name;
        int number = 0;
    };
    Photo a;
    Photo b;
    bool genuine = false;
    std::size_t fold = 0;
    std::size_t line = 0;  ///< in the file, from 1
};

struct PairsList {
    std::vector<PhotoPair> pairs;
    std::size_t folds = 0;  ///< fewer than 2: too few pairs for accuracy by folds
};

/// Reads a list as LFW's: lines `name i j` (genuine) and `name1 i name2 j` (impostor) with tabs between, LF or CRLF. An
/// optional first line is `folds n`: the list is as many blocks of n genuine and n impostor pairs; or `n`: n of each
/// in all. Without blocks the pairs are dealt into ten folds in turn, each kind by itself. Throws std::runtime_error
/// with file, line and what was expected; names that lead out of the folder (`/`, `..`) are refused.
PairsList parse_pairs(std::string_view text, const std::string& file);

/// Reads and parses a file of at most 64 MiB.
PairsList read_pairs(const std::string& file);

/// Where a pair's photos are in a folder: position of the person and of the photo.
struct PhotoPlace {
    std::size_t person = 0;
    std::size_t photo = 0;
};
struct PairPlaces {
    PhotoPlace a;
    PhotoPlace b;
};

/// The places of all pairs, in their order. Throws std::runtime_error naming the first photos that are missing.
std::vector<PairPlaces> locate_pairs(const PairsList& list, const LabelledFolder& folder, const std::string& file);

}  // namespace facegate::app
