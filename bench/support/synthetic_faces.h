#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace facegate::bench {

using Vector = std::vector<float>;

/// Fast and good enough for synthetic vectors: counted states, mixed; each nearly normal number is the sum of four
/// 16-bit uniforms.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed << 32) {}

    float normal() {
        std::uint64_t bits = ++state_ * 0x9e3779b97f4a7c15U;
        bits = (bits ^ (bits >> 32)) * 0xd6e8feb86659fd93U;
        bits ^= bits >> 32;
        const std::uint64_t sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
        return (static_cast<float>(sum) - 131'070.0F) * (1.0F / 37'837.0F);
    }

private:
    std::uint64_t state_;
};

inline double dot(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

inline void set_length(std::span<float> part, double length) {
    const auto by = static_cast<float>(length / std::sqrt(dot(part, part)));
    for (float& x : part) x *= by;
}

/// Hadamard's rotation: spreads every value over all of them. The size is a power of two.
inline void rotate(std::span<float> part) {
    for (std::size_t step = 1; step < part.size(); step *= 2) {
        for (std::size_t i = 0; i < part.size(); i += 2 * step) {
            for (std::size_t k = i; k < i + step; ++k) {
                const float a = part[k];
                part[k] = a + part[k + step];
                part[k + step] = a - part[k + step];
            }
        }
    }
    const float by = 1 / std::sqrt(static_cast<float>(part.size()));
    for (float& x : part) x *= by;
}

/// One embedder's part of a vector.
struct EmbedderModel {
    std::size_t dimension = 0;
    double weight = 1;              ///< in the fused score; the part's length is the root of it
    double impostor_mean = 0;       ///< of the cosine of two strangers
    double impostor_deviation = 0;  ///< its standard deviation
    double genuine_mean = 0;        ///< of the cosine of two photos of one person
    double decay = 1;               ///< of the spectrum, from value to value
};

/// The two embedders of the default pack. Strangers' cosines are as measured over the 29.6 million cross pairs of the
/// LFW photos; genuine ones such that the fused score of a typical pair is the measured median, 11.7. A spectrum that
/// falls by the factor r has (1 + r) / (1 - r) effective dimensions, about (1 - mean)^2 / deviation^2: 22 and 73.
inline constexpr std::array<EmbedderModel, 2> kDefaultPack{EmbedderModel{128, 2 / 0.034, 0.839, 0.034, 0.955, 0.9105},
                                                           EmbedderModel{1024, 1 / 0.073, 0.377, 0.073, 0.72, 0.9726}};
inline constexpr std::size_t kDimension = kDefaultPack[0].dimension + kDefaultPack[1].dimension;

/// Vectors with the moments of real ones: each part is a mean common to all people and, at right angles to it, a random
/// deviation with an exponentially falling spectrum, both of fixed length, rotated.
class SyntheticFaces {
public:
    explicit SyntheticFaces(std::uint64_t seed) : random_(seed) {
        for (float& x : means_) x = random_.normal();
    }

    Vector stranger() {
        Vector vector(kDimension);
        draw(vector, {});
        return vector;
    }
    /// Another photo of somebody.
    Vector photo_of(std::span<const float> person) {
        Vector vector(kDimension);
        draw(vector, person);
        return vector;
    }
    /// The worst case: a unit vector whose direction says nothing beforehand.
    Vector isotropic() {
        Vector vector(kDimension);
        for (float& x : vector) x = random_.normal();
        set_length(vector, 1);
        return vector;
    }

private:
    static constexpr std::size_t kMeanValues = 16;  // before the rotation
    static constexpr double kNegligible = 1e-3;     // of the spectrum's highest root

    void draw(std::span<float> vector, std::span<const float> person) {
        for (const EmbedderModel& model : kDefaultPack) {
            const auto part = vector.first(model.dimension);
            const auto mean = part.first(kMeanValues);
            const auto deviation = part.subspan(kMeanValues);
            for (std::size_t i = 0; i < kMeanValues; ++i) mean[i] = means_[i];
            double root = 1;
            for (float& x : deviation) {
                if (root < kNegligible) break;
                x = static_cast<float>(root) * random_.normal();
                root *= std::sqrt(model.decay);
            }
            if (!person.empty()) {
                Vector known(person.begin(), person.begin() + static_cast<std::ptrdiff_t>(model.dimension));
                rotate(known);
                mix(deviation, std::span(known).subspan(kMeanValues),
                    (model.genuine_mean - model.impostor_mean) / (1 - model.impostor_mean));
                person = person.subspan(model.dimension);
            }
            set_length(mean, std::sqrt(model.weight * model.impostor_mean));
            set_length(deviation, std::sqrt(model.weight * (1 - model.impostor_mean)));
            rotate(part);
            vector = vector.subspan(model.dimension);
        }
    }

    /// Makes the cosine of `deviation` and `known` what it should be, but for chance.
    static void mix(std::span<float> deviation, std::span<const float> known, double cosine) {
        set_length(deviation, std::sqrt((1 - cosine * cosine) * dot(known, known)));
        for (std::size_t i = 0; i < known.size(); ++i) deviation[i] += static_cast<float>(cosine) * known[i];
    }

    Random random_;
    std::array<float, kMeanValues> means_{};
};

/// Whether strangers' cosines have the mean and deviation they should, within 2 % and 4 % of the latter.
inline bool has_measured_moments(SyntheticFaces& faces) {
    constexpr std::size_t kFaces = 400;
    std::vector<Vector> vectors;
    for (std::size_t i = 0; i < kFaces; ++i) vectors.push_back(faces.stranger());
    std::size_t begin = 0;
    for (const EmbedderModel& model : kDefaultPack) {
        double sum = 0;
        double squares = 0;
        double pairs = 0;
        for (std::size_t a = 0; a < kFaces; ++a) {
            for (std::size_t b = 0; b < a; ++b) {
                const double cosine = dot(std::span(vectors[a]).subspan(begin, model.dimension),
                                          std::span(vectors[b]).subspan(begin, model.dimension)) /
                                      model.weight;
                sum += cosine;
                squares += cosine * cosine;
                pairs += 1;
            }
        }
        const double mean = sum / pairs;
        const double deviation = std::sqrt(squares / pairs - mean * mean);
        if (std::abs(mean - model.impostor_mean) > 0.02 * model.impostor_deviation) return false;
        if (std::abs(deviation - model.impostor_deviation) > 0.04 * model.impostor_deviation) return false;
        begin += model.dimension;
    }
    return true;
}

}  // namespace facegate::bench
