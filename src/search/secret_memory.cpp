#include "search/secret_memory.h"

#include <string.h>
#include <sys/mman.h>

#include <new>
#include <utility>

namespace facegate::search {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

}  // namespace

template <class T>
SecretArray<T>::SecretArray(std::size_t count)
    : memory_(static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t{kAlignment}))), count_(count) {}

template <class T>
SecretArray<T>::~SecretArray() {
    if (memory_) ::explicit_bzero(memory_.get(), count_ * sizeof(T));
}

template <class T>
void SecretArray<T>::Free::operator()(T* memory) const {
    ::operator delete(memory, std::align_val_t{kAlignment});
}

template class SecretArray<float>;
template class SecretArray<std::int8_t>;
template class SecretArray<std::uint8_t>;

Pages::Pages(std::size_t bytes, PageSize size) : mapping_(nullptr), mapped_(bytes + kHugePage), begin_(nullptr) {
    // More than needed, so that the start can be aligned: address space, not memory.
    mapping_ = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping_ == MAP_FAILED) throw std::bad_alloc();
    const auto misaligned = reinterpret_cast<std::uintptr_t>(mapping_) % kHugePage;
    begin_ = static_cast<std::byte*>(mapping_) + (misaligned == 0 ? 0 : kHugePage - misaligned);
    // Only hints: kernels without huge pages refuse them, and nothing is lost. What fills no huge page gets none.
    ::madvise(mapping_, mapped_, MADV_NOHUGEPAGE);
    if (size == PageSize::kHuge) ::madvise(begin_, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
}

Pages::~Pages() {
    if (mapping_ != nullptr) ::munmap(mapping_, mapped_);
}

Pages::Pages(Pages&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)), mapped_(other.mapped_), begin_(other.begin_) {}

}  // namespace facegate::search
