# What all of our own code is compiled with. Third-party headers come as SYSTEM includes and are exempt.
add_library(facegate_flags INTERFACE)
target_compile_options(facegate_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor -Werror
    -fno-omit-frame-pointer)
target_include_directories(facegate_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_include_directories(facegate_flags SYSTEM INTERFACE ${OpenCV_INCLUDE_DIRS} ${Boost_INCLUDE_DIRS})
target_compile_definitions(facegate_flags INTERFACE
    FACEGATE_VERSION="${PROJECT_VERSION}"
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
# Boost.JSON for all: its macros must be the same wherever the precompiled header is used.
target_link_libraries(facegate_flags INTERFACE fmt::fmt spdlog::spdlog Threads::Threads Boost::json)

if(FACEGATE_SANITIZE)
    set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")  # a target's own options come after these
    target_compile_options(facegate_flags INTERFACE -fsanitize=${FACEGATE_SANITIZE} -fno-sanitize-recover=all
        -Wno-maybe-uninitialized)  # seen in instrumented code where there is nothing
    if(FACEGATE_SANITIZE MATCHES "undefined")
        # These cost a third of the compile time: a null pointer crashes here anyway, bounds and pointers beyond them are
        # AddressSanitizer's, no code casts down a hierarchy, and x86-64 and arm64 load unaligned.
        target_compile_options(facegate_flags INTERFACE
            -fno-sanitize=null,object-size,vptr,alignment,pointer-overflow,nonnull-attribute,returns-nonnull-attribute)
    endif()
    target_link_options(facegate_flags INTERFACE -fsanitize=${FACEGATE_SANITIZE})
    if(FACEGATE_SANITIZE STREQUAL "thread")
        # Asio's fences are not understood by the thread sanitizer; its queues are guarded by mutexes besides.
        target_compile_definitions(facegate_flags INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
        # Its instrumentation confuses g++ 12's flow analysis; the other builds hold the code to the warnings.
        target_compile_options(facegate_flags INTERFACE -Wno-error)
    endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(facegate_flags INTERFACE -fstack-protector-strong -fstack-clash-protection -fcf-protection)
    target_compile_definitions(facegate_flags INTERFACE _FORTIFY_SOURCE=2 _GLIBCXX_ASSERTIONS)
    target_link_options(facegate_flags INTERFACE -Wl,-z,relro,-z,now)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # clang 19 takes libstdc++ 12's <expected> only with this macro, which it does not announce itself.
    target_compile_options(facegate_flags INTERFACE -U__cpp_concepts -D__cpp_concepts=202002L -Wno-builtin-macro-redefined
        -Wno-unknown-warning-option -Wno-deprecated-declarations)  # g++'s own warnings are named in pragmas
endif()
if(FACEGATE_FUZZ)
    target_compile_options(facegate_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
