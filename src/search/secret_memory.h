#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace facegate::search {

/// Memory for SIMD loads (64-byte aligned), wiped before it is given back.
template <class T>
class SecretArray {
public:
    explicit SecretArray(std::size_t count);
    ~SecretArray();
    SecretArray(SecretArray&&) noexcept = default;
    SecretArray& operator=(SecretArray&&) = delete;

    [[nodiscard]] T* data() { return memory_.get(); }
    [[nodiscard]] const T* data() const { return memory_.get(); }

private:
    struct Free {
        void operator()(T* memory) const;
    };
    std::unique_ptr<T[], Free> memory_;
    std::size_t count_;
};

enum class PageSize : std::uint8_t {
    kSmall,  ///< only what is touched becomes resident, 4 KiB at a time
    kHuge,   ///< 2 MiB at a time where the kernel grants them: fewer address look-ups in a long scan
};

/// Zeroed pages straight from the kernel, starting at a multiple of 2 MiB and resident only once touched. Does not
/// wipe: the owner knows which part it has touched. Throws std::bad_alloc.
class Pages {
public:
    Pages(std::size_t bytes, PageSize size);
    ~Pages();
    Pages(Pages&& other) noexcept;
    Pages& operator=(Pages&&) = delete;

    [[nodiscard]] std::byte* data() const { return begin_; }

private:
    void* mapping_;
    std::size_t mapped_;
    std::byte* begin_;
};

}  // namespace facegate::search
