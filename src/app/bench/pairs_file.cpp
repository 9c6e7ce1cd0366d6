#include "app/bench/pairs_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>

namespace facegate::app {
namespace {

constexpr std::uintmax_t kLargestFile = 64 << 20;
constexpr std::size_t kMaxPairs = 2'000'000;
constexpr std::size_t kLongestName = 255;
constexpr int kLargestNumber = 9'999'999;
constexpr std::size_t kDealtFolds = 10;

std::vector<std::string_view> split(std::string_view line) {
    std::vector<std::string_view> fields;
    while (fields.size() < 5) {
        const std::size_t tab = line.find('\t');
        fields.push_back(line.substr(0, tab));
        if (tab == std::string_view::npos) break;
        line.remove_prefix(tab + 1);
    }
    return fields;
}

std::optional<int> number_in(std::string_view text) {
    int number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || stop != text.data() + text.size() || number < 0 || number > kLargestNumber)
        return std::nullopt;
    return number;
}

class PairsParser {
public:
    explicit PairsParser(const std::string& file) : file_(file) {}

    PairsList parse(std::string_view text) {
        if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
        while (!text.empty()) {
            const std::size_t end = text.find('\n');
            std::string_view line = text.substr(0, end);
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
            ++line_;
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (!line.empty()) read_line(split(line));
        }
        if (list_.pairs.empty()) throw std::runtime_error(fmt::format("{}: holds no pairs", file_));
        deal_folds();
        return std::move(list_);
    }

private:
    [[noreturn]] void refuse(std::string_view why) const {
        throw std::runtime_error(fmt::format("{}:{}: {}", file_, line_, why));
    }

    void read_line(const std::vector<std::string_view>& fields) {
        if (fields.size() <= 2) return read_header(fields);
        if (fields.size() > 4) refuse("more than four fields; expected NAME i j or NAME1 i NAME2 j with tabs between");
        if (list_.pairs.size() == kMaxPairs) refuse(fmt::format("more than {} pairs", kMaxPairs));
        PhotoPair pair;
        pair.line = line_;
        pair.genuine = fields.size() == 3;
        pair.a = {name(fields[0]), number(fields[1])};
        pair.b = pair.genuine ? PhotoPair::Photo{pair.a.name, number(fields[2])}
                              : PhotoPair::Photo{name(fields[2]), number(fields[3])};
        if (!pair.genuine && pair.a.name == pair.b.name) refuse("a pair of one person; write it as NAME i j");
        if (pair.genuine && pair.a.number == pair.b.number) refuse("a photo compared with itself");
        list_.pairs.push_back(std::move(pair));
    }

    void read_header(const std::vector<std::string_view>& fields) {
        if (has_header_ || !list_.pairs.empty()) refuse("expected NAME i j or NAME1 i NAME2 j with tabs between");
        has_header_ = true;
        for (const std::string_view field : fields) {
            const auto value = number_in(field);
            if (!value || *value == 0) refuse("expected a header of numbers (FOLDS and pairs, or pairs), or a pair");
            header_.push_back(static_cast<std::size_t>(*value));
        }
    }

    [[nodiscard]] std::string name(std::string_view text) const {
        const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
        if (text.empty() || text.size() > kLongestName) refuse("a name must have 1 to 255 bytes");
        if (text.find('/') != std::string_view::npos || text == "." || text.find("..") != std::string_view::npos ||
            std::any_of(text.begin(), text.end(), is_control)) {
            refuse("a name must be a plain folder name, without '/', '..' and control characters");
        }
        return std::string(text);
    }

    [[nodiscard]] int number(std::string_view text) const {
        const auto value = number_in(text);
        if (!value) refuse(fmt::format("\"{}\" is not a photo number (0 to {})", text.substr(0, 32), kLargestNumber));
        return *value;
    }

    void deal_folds() {
        const std::size_t total = list_.pairs.size();
        const std::size_t of_each = header_.empty() ? 0 : header_.back();
        const std::size_t blocks = header_.size() == 2 ? header_.front() : 1;
        if (!header_.empty() && blocks * of_each * 2 != total) {
            throw std::runtime_error(
                fmt::format("{}: the header promises {} x {} genuine and as many impostor pairs, but "
                            "there are {} pairs",
                            file_, blocks, of_each, total));
        }
        if (header_.size() == 2) {
            list_.folds = blocks;
            for (std::size_t i = 0; i < total; ++i) list_.pairs[i].fold = i * blocks / total;
            return;
        }
        std::array<std::size_t, 2> dealt{};
        for (PhotoPair& pair : list_.pairs) pair.fold = dealt[pair.genuine ? 1 : 0]++ % kDealtFolds;
        list_.folds = std::min({kDealtFolds, dealt[0], dealt[1]});
        for (PhotoPair& pair : list_.pairs) pair.fold %= std::max<std::size_t>(list_.folds, 1);
    }

    const std::string& file_;
    std::size_t line_ = 0;
    bool has_header_ = false;
    std::vector<std::size_t> header_;
    PairsList list_;
};

}  // namespace

PairsList parse_pairs(std::string_view text, const std::string& file) {
    return PairsParser(file).parse(text);
}

PairsList read_pairs(const std::string& file) {
    std::error_code failed;
    const std::uintmax_t size = std::filesystem::file_size(file, failed);
    if (failed) throw std::runtime_error(fmt::format("{}: {}", file, failed.message()));
    if (size > kLargestFile) throw std::runtime_error(fmt::format("{}: is larger than 64 MiB", file));
    std::ifstream stream(file, std::ios::binary);
    std::string text(size, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(size));
    if (!stream) throw std::runtime_error(fmt::format("{}: cannot be read", file));
    return parse_pairs(text, file);
}

std::vector<PairPlaces> locate_pairs(const PairsList& list, const LabelledFolder& folder, const std::string& file) {
    constexpr std::size_t kMostNamed = 5;
    std::map<std::pair<std::string_view, int>, PhotoPlace> places;
    for (std::size_t person = 0; person < folder.people.size(); ++person) {
        const LabelledPerson& known = folder.people[person];
        for (std::size_t photo = 0; photo < known.photos.size(); ++photo) {
            if (const auto number = known.photos[photo].number)
                places.emplace(std::pair(std::string_view(known.name), *number), PhotoPlace{person, photo});
        }
    }
    std::vector<std::string> missing;
    std::size_t missing_count = 0;
    const auto find = [&](const PhotoPair& pair, const PhotoPair::Photo& photo) {
        const auto found = places.find({photo.name, photo.number});
        if (found != places.end()) return found->second;
        if (++missing_count <= kMostNamed)
            missing.push_back(fmt::format("{0}/{0}_{1:04}.jpg (line {2})", photo.name, photo.number, pair.line));
        return PhotoPlace{};
    };
    std::vector<PairPlaces> result;
    for (const PhotoPair& pair : list.pairs) result.push_back({find(pair, pair.a), find(pair, pair.b)});
    if (missing_count > 0) {
        throw std::runtime_error(fmt::format("{}: {} photos it names are not in {}: {}{}", file, missing_count,
                                             folder.path, fmt::join(missing, ", "),
                                             missing_count > kMostNamed ? ", …" : ""));
    }
    return result;
}

}  // namespace facegate::app
