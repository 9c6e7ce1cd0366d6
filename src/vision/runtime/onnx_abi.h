#pragma once

#include <cstddef>
#include <cstdint>

/// The part of ONNX Runtime's C interface that this server calls. The interface is one table of function pointers that
/// only ever grows at its end; these are slots of its first version (0-101), which every library since 1.0 has at the
/// same place. Declared here because the distributed binary comes without headers. A null `Status*` means success.
namespace facegate::vision::onnx_abi {

struct Status;
struct Env;
struct Session;
struct SessionOptions;
struct RunOptions;
struct MemoryInfo;
struct Value;
struct TensorInfo;
struct TypeInfo;
struct Allocator;

enum LoggingLevel : int { kLogError = 3 };
enum ExecutionMode : int { kSequential = 0 };
enum GraphOptimization : int { kOptimizeAll = 99 };
enum AllocatorType : int { kDeviceAllocator = 0, kArenaAllocator = 1 };
enum MemoryType : int { kMemoryDefault = 0 };
enum ElementType : int { kFloat32 = 1 };

inline constexpr std::uint32_t kApiVersion = 1;

/// A run of slots that are not called.
template <std::size_t First, std::size_t Last>
using Unused = void * [Last - First + 1];

struct Api {
    Unused<0, 1> slot0;
    const char* (*get_error_message)(const Status*);  // 2
    Status* (*create_env)(LoggingLevel, const char* log_id, Env**);
    Unused<4, 6> slot4;
    Status* (*create_session)(const Env*, const char* path, const SessionOptions*, Session**);  // 7
    Status* (*create_session_from_array)(const Env*, const void* model, std::size_t size, const SessionOptions*,
                                         Session**);
    Status* (*run)(Session*, const RunOptions*, const char* const* input_names, const Value* const* inputs,
                   std::size_t inputs_size, const char* const* output_names, std::size_t outputs_size, Value** outputs);
    Status* (*create_session_options)(SessionOptions**);  // 10
    Unused<11, 12> slot11;
    Status* (*set_session_execution_mode)(SessionOptions*, ExecutionMode);  // 13
    Unused<14, 17> slot14;
    Status* (*enable_cpu_mem_arena)(SessionOptions*);  // 18
    Status* (*disable_cpu_mem_arena)(SessionOptions*);
    Unused<20, 22> slot20;
    Status* (*set_session_graph_optimization_level)(SessionOptions*, GraphOptimization);  // 23
    Status* (*set_intra_op_num_threads)(SessionOptions*, int);
    Status* (*set_inter_op_num_threads)(SessionOptions*, int);
    Unused<26, 29> slot26;
    Status* (*session_get_input_count)(const Session*, std::size_t*);  // 30
    Status* (*session_get_output_count)(const Session*, std::size_t*);
    Unused<32, 32> slot32;
    Status* (*session_get_input_type_info)(const Session*, std::size_t index, TypeInfo**);  // 33
    Unused<34, 35> slot34;
    Status* (*session_get_input_name)(const Session*, std::size_t index, Allocator*, char**);  // 36
    Status* (*session_get_output_name)(const Session*, std::size_t index, Allocator*, char**);
    Unused<38, 48> slot38;
    Status* (*create_tensor_with_data)(const MemoryInfo*, void* data, std::size_t bytes, const std::int64_t* dims,
                                       std::size_t rank, ElementType, Value**);  // 49
    Unused<50, 50> slot50;
    Status* (*get_tensor_mutable_data)(Value*, void**);  // 51
    Unused<52, 54> slot52;
    Status* (*cast_type_info_to_tensor_info)(const TypeInfo*, const TensorInfo**);  // 55
    Unused<56, 59> slot56;
    Status* (*get_tensor_element_type)(const TensorInfo*, ElementType*);  // 60
    Status* (*get_dimensions_count)(const TensorInfo*, std::size_t*);
    Status* (*get_dimensions)(const TensorInfo*, std::int64_t*, std::size_t rank);
    Unused<63, 63> slot63;
    Status* (*get_tensor_shape_element_count)(const TensorInfo*, std::size_t*);  // 64
    Status* (*get_tensor_type_and_shape)(const Value*, TensorInfo**);
    Unused<66, 68> slot66;
    Status* (*create_cpu_memory_info)(AllocatorType, MemoryType, MemoryInfo**);  // 69
    Unused<70, 75> slot70;
    Status* (*allocator_free)(Allocator*, void*);  // 76
    Unused<77, 77> slot77;
    Status* (*get_allocator_with_default_options)(Allocator**);  // 78
    Unused<79, 91> slot79;
    void (*release_env)(Env*);  // 92
    void (*release_status)(Status*);
    void (*release_memory_info)(MemoryInfo*);
    void (*release_session)(Session*);
    void (*release_value)(Value*);
    void (*release_run_options)(RunOptions*);
    void (*release_type_info)(TypeInfo*);
    void (*release_tensor_info)(TensorInfo*);
    void (*release_session_options)(SessionOptions*);  // 100
    Unused<101, 101> slot101;
};

static_assert(sizeof(Api) == 102 * sizeof(void*));
static_assert(offsetof(Api, run) == 9 * sizeof(void*));
static_assert(offsetof(Api, create_tensor_with_data) == 49 * sizeof(void*));
static_assert(offsetof(Api, create_cpu_memory_info) == 69 * sizeof(void*));
static_assert(offsetof(Api, release_session_options) == 100 * sizeof(void*));

struct ApiBase {
    const Api* (*get_api)(std::uint32_t version);  ///< null when the library does not know the version
    const char* (*get_version_string)();
};

/// The library's one exported symbol is `OrtGetApiBase`.
using GetApiBase = const ApiBase* (*)();

}  // namespace facegate::vision::onnx_abi
