// One thread's exact search over unit vectors, beside the time the same memory takes to be read once.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <string>

#include "search/dot_kernels.h"
#include "search/face_index.h"

namespace {

using facegate::FaceId;
using facegate::UserId;
using facegate::search::FaceIndex;

constexpr std::size_t kDimension = 1152;

std::vector<float> unit_vector(std::mt19937& random) {
    std::normal_distribution<float> normal;
    std::vector<float> v(kDimension);
    for (float& x : v) x = normal(random);
    const float length = std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), 0.0F));
    for (float& x : v) x /= length;
    return v;
}

double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    double total = 0;
    double resident = 0;
    file >> total >> resident;
    return resident * 4096;
}

struct Gallery {
    explicit Gallery(int faces) : index(kDimension) {
        std::mt19937 random(1);
        const double before = resident_bytes();
        for (int i = 0; i < faces; ++i) {
            // As long as real ids.
            const std::string number = std::to_string(i);
            const std::string id = std::string(22 - number.size(), '0') + number;
            mine = unit_vector(random);
            index.add({FaceId("face_" + id), UserId("user_" + id), 1}, mine);
        }
        bytes_per_face = (resident_bytes() - before) / faces;
    }
    FaceIndex index;
    std::vector<float> mine;
    double bytes_per_face = 0;
};

Gallery& gallery_of(int faces) {
    static std::map<int, std::unique_ptr<Gallery>> galleries;
    auto& gallery = galleries[faces];
    if (!gallery) gallery = std::make_unique<Gallery>(faces);
    return *gallery;
}

void search_for(benchmark::State& state, bool enrolled) {
    const Gallery& gallery = gallery_of(static_cast<int>(state.range(0)));
    std::mt19937 random(2);
    std::vector<std::vector<float>> probes;
    for (int i = 0; i < 32; ++i) {
        auto probe = unit_vector(random);
        for (std::size_t d = 0; enrolled && d < kDimension; ++d) probe[d] = 0.6F * probe[d] + 0.8F * gallery.mine[d];
        probes.push_back(std::move(probe));
    }
    double rescored = 0;
    std::size_t next = 0;
    for (auto _ : state) {
        const auto result = gallery.index.search(probes[next++ % probes.size()], 5);
        rescored += static_cast<double>(result.rescored);
        benchmark::DoNotOptimize(result.people.data());
    }
    state.SetLabel(facegate::search::best_kernels().name);
    state.counters["rescored"] = benchmark::Counter(rescored, benchmark::Counter::kAvgIterations);
    state.counters["bytes_per_face"] = gallery.bytes_per_face;
}

void mated_search(benchmark::State& state) {
    search_for(state, true);
}
void non_mated_search(benchmark::State& state) {
    search_for(state, false);
}

/// The floor: reading as many bytes as the coarse pass has codes.
void read_codes(benchmark::State& state) {
    std::vector<std::uint64_t> memory(static_cast<std::size_t>(state.range(0)) * kDimension / 8, 1);
    for (auto _ : state) {
        std::uint64_t a = 0, b = 0, c = 0, d = 0;
        for (std::size_t i = 0; i + 4 <= memory.size(); i += 4) {
            a += memory[i];
            b += memory[i + 1];
            c += memory[i + 2];
            d += memory[i + 3];
        }
        benchmark::DoNotOptimize(a + b + c + d);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(memory.size() * 8));
}

BENCHMARK(mated_search)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(non_mated_search)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(read_codes)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
