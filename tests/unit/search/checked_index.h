#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "search/face_index.h"

namespace facegate::search {

using Vector = std::vector<float>;

inline double square(const Vector& v) {
    double sum = 0;
    for (const float x : v) sum += static_cast<double>(x) * static_cast<double>(x);
    return sum;
}

inline Vector scaled(Vector v, double by) {
    for (float& x : v) x = static_cast<float>(static_cast<double>(x) * by);
    return v;
}

inline Vector unit(Vector v) {
    return scaled(std::move(v), 1 / std::sqrt(square(v)));
}

inline Vector gaussian(std::mt19937& random, std::size_t dimension) {
    std::normal_distribution<float> normal;
    Vector v(dimension);
    for (float& x : v) x = normal(random);
    return v;
}

/// A unit vector around `centre` at a cosine of about 1 / sqrt(1 + noise^2).
inline Vector near(const Vector& centre, float noise, std::mt19937& random) {
    const Vector other = unit(gaussian(random, centre.size()));
    Vector v(centre.size());
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = centre[i] + noise * other[i];
    return unit(v);
}

/// The inner product as the index promises to sum it: in double, 16 chains, value i in chain i % 16.
inline double product(const Vector& a, const Vector& b) {
    std::array<double, 16> chains{};
    for (std::size_t i = 0; i < a.size(); ++i) {
        chains[i % 16] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    }
    double sum = 0;
    for (const double chain : chains) sum += chain;
    return sum;
}

inline IndexedFace face(int face_number, int user_number) {
    return {FaceId("face_" + std::to_string(face_number)), UserId("user_" + std::to_string(user_number)), 1};
}

/// An index for each set of kernels and, beside them, all that is in there, searched by computing everything.
class CheckedIndex {
public:
    CheckedIndex(std::size_t dimension, std::size_t lead) {
        for (const DotKernels& kernels : usable_kernels()) {
            indices_.emplace_back(kernels.name, std::make_unique<FaceIndex>(dimension, lead, kernels));
        }
    }

    void add(const IndexedFace& entry, const Vector& vector) {
        for (auto& [name, index] : indices_) index->add(entry, vector);
        all_[entry.face] = {entry.user, vector};
    }
    void remove(const FaceId& id) {
        const bool known = all_.erase(id) == 1;
        for (auto& [name, index] : indices_) EXPECT_EQ(index->remove(id), known);
    }

    /// Each person's best face, as (-product, face, user): the order the index promises.
    [[nodiscard]] auto ranked(const Vector& probe) const {
        using Ranked = std::tuple<double, FaceId, UserId>;
        std::map<UserId, Ranked> best;
        for (const auto& [id, entry] : all_) {
            const Ranked found{-product(entry.second, probe), id, entry.first};
            const auto [at, fresh] = best.try_emplace(entry.first, found);
            if (!fresh) at->second = std::min(at->second, found);
        }
        std::vector<Ranked> people;
        for (const auto& [user, found] : best) people.push_back(found);
        std::ranges::sort(people);
        return people;
    }

    /// The same people by the same faces with the same products, to the last bit. Returns what the last index did.
    SearchResult expect_exact(const Vector& probe, std::size_t count) const {
        const auto expected = ranked(probe);
        SearchResult result;
        for (const auto& [name, index] : indices_) {
            result = index->search(probe, count);
            EXPECT_EQ(result.people_total, expected.size()) << name;
            EXPECT_EQ(result.compared, all_.size()) << name;
            EXPECT_EQ(result.people.size(), std::min(count, expected.size())) << name;
            for (std::size_t i = 0; i < std::min(result.people.size(), expected.size()); ++i) {
                const auto& [negative, id, user] = expected[i];
                const Candidate& found = result.people[i];
                EXPECT_EQ(found.face.face, id) << name << ", rank " << i;
                EXPECT_EQ(found.face.user, user) << name << ", rank " << i;
                EXPECT_EQ(found.dot, -negative) << name << ", rank " << i;
            }
        }
        return result;
    }

private:
    std::vector<std::pair<std::string, std::unique_ptr<FaceIndex>>> indices_;
    std::map<FaceId, std::pair<UserId, Vector>> all_;
};

}  // namespace facegate::search
