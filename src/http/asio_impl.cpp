// Asio, its TLS part and Beast, compiled once for the whole program (see *_SEPARATE_COMPILATION in cmake/flags.cmake).
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
