// One thread's exact search for the two best people, beside the time the same memory takes to be read once.
#include <benchmark/benchmark.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <string>

#include "search/face_index.h"
#include "search/secret_memory.h"
#include "support/synthetic_faces.h"

namespace {

using namespace facegate;
using bench::kDimension;
using bench::Vector;

constexpr std::size_t kLead = bench::kDefaultPack[0].dimension;
constexpr std::size_t kProbes = 64;
constexpr double kBoundMs = 60;  // for a million people

enum class Kind { kFaces, kIsotropic };

double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    double total = 0;
    double resident = 0;
    file >> total >> resident;
    return resident * 4096;
}

search::IndexedFace person(std::size_t number) {
    // Ids as long as real ones.
    const std::string digits = std::to_string(number);
    const std::string id = std::string(22 - digits.size(), '0') + digits;
    return {FaceId("face_" + id), UserId("user_" + id), 1};
}

struct Gallery {
    Gallery(Kind which, std::size_t people) : kind(which), index(kDimension, kLead) {
        const double before = resident_bytes();
        for (std::size_t i = 0; i < people; ++i) {
            const Vector vector = next();
            index.add(person(i), vector);
            if (i % (people / kProbes) == 0 && enrolled.size() < kProbes) enrolled.push_back(vector);
        }
        bytes_per_person = (resident_bytes() - before) / static_cast<double>(people);
    }

    Vector next() { return kind == Kind::kFaces ? faces.stranger() : faces.isotropic(); }

    Kind kind;
    bench::SyntheticFaces faces{1};
    search::FaceIndex index;
    std::vector<Vector> enrolled;
    double bytes_per_person = 0;
};

/// The one gallery in memory: benchmarks of the same one stand one behind the other.
Gallery& gallery_of(Kind kind, std::size_t people) {
    static std::unique_ptr<Gallery> gallery;
    if (!gallery || gallery->kind != kind || gallery->index.people() != people) {
        gallery.reset();
        gallery = std::make_unique<Gallery>(kind, people);
    }
    return *gallery;
}

void search_for(benchmark::State& state, Gallery& gallery, const std::vector<Vector>& probes) {
    double codes = 0;
    double rescored = 0;
    std::size_t next = 0;
    for (auto _ : state) {
        const auto result = gallery.index.search(probes[next++ % probes.size()], 2);
        codes += static_cast<double>(result.codes_read);
        rescored += static_cast<double>(result.rescored);
        benchmark::DoNotOptimize(result.people.data());
    }
    state.SetLabel(search::best_kernels().name);
    state.counters["codes"] = benchmark::Counter(codes, benchmark::Counter::kAvgIterations);
    state.counters["rescored"] = benchmark::Counter(rescored, benchmark::Counter::kAvgIterations);
    if (gallery.kind == Kind::kIsotropic) return;  // the worst case: no promise; and its ids take up freed memory
    state.counters["bytes_per_person"] = gallery.bytes_per_person;
    if (state.range(0) == 1'000'000) state.counters["bound"] = kBoundMs;
}

void mated_search(benchmark::State& state) {
    Gallery& gallery = gallery_of(Kind::kFaces, static_cast<std::size_t>(state.range(0)));
    if (!bench::has_measured_moments(gallery.faces)) state.SkipWithError("the synthetic faces are not like real ones");
    std::vector<Vector> probes;
    for (const Vector& vector : gallery.enrolled) probes.push_back(gallery.faces.photo_of(vector));
    search_for(state, gallery, probes);
}

void non_mated_search(benchmark::State& state) {
    Gallery& gallery = gallery_of(Kind::kFaces, static_cast<std::size_t>(state.range(0)));
    std::vector<Vector> probes(kProbes);
    for (Vector& probe : probes) probe = gallery.next();
    search_for(state, gallery, probes);
}

/// Nothing can be passed over by its lead.
void isotropic_search(benchmark::State& state) {
    Gallery& gallery = gallery_of(Kind::kIsotropic, static_cast<std::size_t>(state.range(0)));
    std::vector<Vector> probes(kProbes);
    for (Vector& probe : probes) probe = gallery.next();
    search_for(state, gallery, probes);
}

/// A face comes and goes again.
void add_and_remove(benchmark::State& state) {
    Gallery& gallery = gallery_of(Kind::kFaces, static_cast<std::size_t>(state.range(0)));
    const search::IndexedFace face = person(static_cast<std::size_t>(state.range(0)));
    const Vector vector = gallery.next();
    for (auto _ : state) {
        gallery.index.add(face, vector);
        gallery.index.remove(face.face);
    }
}

/// What reads fastest: whole registers, several at a time. Vectors of 32 bytes are two registers where AVX is not used.
using Register = std::uint64_t __attribute__((vector_size(32)));

#if defined(__x86_64__)
__attribute__((target_clones("avx2", "default")))
#endif
std::uint64_t
sum_of(const Register* values, std::size_t count) {
    Register a{}, b{}, c{}, d{};
    for (std::size_t i = 0; i + 4 <= count; i += 4) {
        a += values[i];
        b += values[i + 1];
        c += values[i + 2];
        d += values[i + 3];
    }
    a += b + c + d;
    return a[0] + a[1] + a[2] + a[3];
}

/// The floor: reading as many bytes, on huge pages where the kernel grants them.
void read_memory(benchmark::State& state, std::size_t bytes) {
    const search::Pages pages(bytes, search::PageSize::kHuge);
    std::memset(pages.data(), 1, bytes);
    for (auto _ : state) {
        benchmark::DoNotOptimize(sum_of(reinterpret_cast<const Register*>(pages.data()), bytes / sizeof(Register)));
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void read_leads(benchmark::State& state) {
    read_memory(state, static_cast<std::size_t>(state.range(0)) * kLead);
}
void read_all_codes(benchmark::State& state) {
    read_memory(state, static_cast<std::size_t>(state.range(0)) * kDimension);
}

void register_all() {
    for (const std::int64_t people : {10'000, 100'000, 1'000'000}) {
        const auto add = [people](const char* name, void (*function)(benchmark::State&)) {
            benchmark::RegisterBenchmark(name, function)->Arg(people)->Unit(benchmark::kMillisecond);
        };
        add("mated_search", mated_search);
        add("non_mated_search", non_mated_search);
        benchmark::RegisterBenchmark("add_and_remove", add_and_remove)->Arg(people)->Unit(benchmark::kMicrosecond);
        if (people == 1'000'000) add("isotropic_search", isotropic_search);
        add("read_leads", read_leads);
        add("read_all_codes", read_all_codes);
    }
}

}  // namespace

int main(int argc, char** argv) {
    register_all();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
