#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "evaluation/template_trials.h"

namespace facegate::evaluation::testing {

inline void normalise(vision::FaceVector& vector) {
    double squares = 0;
    for (const float value : vector) squares += double{value} * double{value};
    for (float& value : vector) value = static_cast<float>(value / std::sqrt(squares));
}

/// People as random directions and their photos as unit vectors around them; `noise` is the length of a photo's own
/// part beside the person's of 1. A photo's cosine with another of the same person is near 1 / (1 + noise^2).
inline std::vector<PersonVectors> synthetic_people(const std::vector<std::size_t>& photos, double noise, unsigned seed,
                                                   std::size_t dimension = 48) {
    std::mt19937 random(seed);
    const double scale = 1 / std::sqrt(static_cast<double>(dimension));
    std::normal_distribution<double> normal(0, scale);
    std::vector<PersonVectors> people;
    for (const std::size_t count : photos) {
        vision::FaceVector centre(dimension);
        for (float& value : centre) value = static_cast<float>(normal(random));
        PersonVectors person;
        for (std::size_t i = 0; i < count; ++i) {
            vision::FaceVector photo = centre;
            for (float& value : photo) value += static_cast<float>(noise * normal(random));
            normalise(photo);
            person.push_back(std::move(photo));
        }
        people.push_back(std::move(person));
    }
    return people;
}

inline vision::FaceVector mean_of(std::span<const vision::FaceVector> vectors) {
    vision::FaceVector mean(vectors.front().size());
    for (const vision::FaceVector& vector : vectors) {
        for (std::size_t k = 0; k < mean.size(); ++k) mean[k] += vector[k];
    }
    normalise(mean);
    return mean;
}

}  // namespace facegate::evaluation::testing
