#include "media/decoder_sandbox.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <initializer_list>
#include <vector>

namespace facegate::media {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "The decoder's system call filter knows x86-64 and arm64"
#endif

constexpr std::size_t kBaseBudget = 64u << 20;
/// Bytes a pixel: a frame takes 1.5, and H.264 keeps up to 16 for reference and as many again waiting to be shown.
constexpr std::size_t kBudgetPerPixel = 48;

/// A classic BPF program over seccomp_data. Each rule either decides or falls through to the next one.
class Filter {
public:
    Filter() {
        load(offsetof(seccomp_data, arch));
        jump(BPF_JEQ, kArchitecture, 1, 0);
        decide(SECCOMP_RET_KILL_PROCESS);
        // Numbers of x86-64's other calling convention, from 2^30 up, are in no rule and so refused.
        load(offsetof(seccomp_data, nr));
    }

    void allow(long call) {
        jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 1);
        decide(SECCOMP_RET_ALLOW);
    }

    /// Allows `call` if the bits `mask` of its argument are `value`; 32 bits are looked at, the upper ones ignored.
    void allow_if(long call, unsigned argument, std::uint32_t mask, std::uint32_t value) {
        jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 5);
        load_argument(argument);
        program_.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
        jump(BPF_JEQ, value, 0, 1);
        decide(SECCOMP_RET_ALLOW);
        decide(SECCOMP_RET_KILL_PROCESS);
    }

    /// mmap for memory alone: of no file, and nothing that can be run.
    void allow_plain_mmap() {
        jump(BPF_JEQ, static_cast<std::uint32_t>(SYS_mmap), 0, 7);
        load_argument(2);
        jump(BPF_JSET, PROT_EXEC, 4, 0);
        load_argument(3);
        program_.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, MAP_ANONYMOUS | MAP_PRIVATE));
        jump(BPF_JEQ, MAP_ANONYMOUS | MAP_PRIVATE, 0, 1);
        decide(SECCOMP_RET_ALLOW);
        decide(SECCOMP_RET_KILL_PROCESS);
    }

    bool install() {
        decide(SECCOMP_RET_KILL_PROCESS);
        const sock_fprog program{static_cast<unsigned short>(program_.size()), program_.data()};
        return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
    }

private:
    void load(std::size_t offset) {
        program_.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
    }
    void load_argument(unsigned number) {
        static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);  // the lower half comes first
        load(offsetof(seccomp_data, args) + number * sizeof(std::uint64_t));
    }
    void jump(unsigned comparison, std::uint32_t value, std::uint8_t if_true, std::uint8_t if_false) {
        program_.push_back(
            BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K), value, if_true, if_false));
    }
    void decide(std::uint32_t action) { program_.push_back(BPF_STMT(BPF_RET | BPF_K, action)); }

    std::vector<sock_filter> program_;
};

bool install_filter() {
    Filter filter;
    // The stream's socket. No descriptor can be opened, so these are all there are.
    filter.allow_if(SYS_recvmsg, 0, ~0U, STDIN_FILENO);
    filter.allow_if(SYS_sendmsg, 0, ~0U, STDIN_FILENO);
    // Memory, of which none becomes code.
    filter.allow_plain_mmap();
    filter.allow_if(SYS_mprotect, 2, PROT_EXEC, 0);
    for (const long call : {SYS_munmap, SYS_mremap, SYS_brk, SYS_madvise}) filter.allow(call);
    // Clocks (the processor's is no fast call), locks, the end; and abort(), so that its signal can be told.
    for (const long call : {SYS_clock_gettime, SYS_futex, SYS_exit, SYS_exit_group, SYS_rt_sigprocmask,
                            SYS_rt_sigreturn, SYS_restart_syscall, SYS_getpid, SYS_gettid}) {
        filter.allow(call);
    }
    filter.allow_if(SYS_tgkill, 0, ~0U, static_cast<std::uint32_t>(::getpid()));
    if constexpr (kSanitized) {
        for (const long call : {SYS_write, SYS_sched_yield, SYS_sigaltstack}) filter.allow(call);
    }
    return filter.install();
}

bool limit(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
    const rlimit limits{soft, hard};
    return ::setrlimit(resource, &limits) == 0;
}

/// Bytes of address space, and of data, that this process has now; zeros if they cannot be told.
struct Size {
    std::size_t all = 0;
    std::size_t data = 0;
};

Size size_now() {
    std::FILE* file = std::fopen("/proc/self/statm", "re");
    if (file == nullptr) return {};
    unsigned long all = 0;
    unsigned long data = 0;
    const int read = std::fscanf(file, "%lu %*u %*u %*u %*u %lu", &all, &data);
    std::fclose(file);
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return read == 2 ? Size{all * page, data * page} : Size{};
}

bool limit_resources(const VideoLimits& limits) {
    if constexpr (!kSanitized) {
        const Size now = size_now();
        if (now.all == 0) return false;
        const std::size_t budget = memory_budget(limits);
        if (!limit(RLIMIT_AS, now.all + budget, now.all + budget)) return false;
        if (!limit(RLIMIT_DATA, now.data + budget, now.data + budget)) return false;
    }
    // The decoder itself refuses a clip that passes max_work: this is for one that does not come to ask.
    const auto seconds = static_cast<rlim_t>(limits.max_work.count() / 1000 + 1);
    return limit(RLIMIT_CPU, seconds, seconds + 1) && limit(RLIMIT_NOFILE, 0, 0) && limit(RLIMIT_FSIZE, 0, 0) &&
           limit(RLIMIT_NPROC, 0, 0) && limit(RLIMIT_CORE, 0, 0) && limit(RLIMIT_MEMLOCK, 0, 0);
}

}  // namespace

std::size_t memory_budget(const VideoLimits& limits) {
    return kBaseBudget +
           kBudgetPerPixel * static_cast<std::size_t>(limits.max_width) * static_cast<std::size_t>(limits.max_height);
}

bool enter_sandbox(const VideoLimits& limits) {
    return limit_resources(limits) && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && install_filter();
}

}  // namespace facegate::media
