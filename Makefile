# Plain verbs over CMake. Each folder build*/ belongs to one preset of CMakePresets.json.
#
#   make            the release build: build/weigh and build/libweigh.a
#   make test       build and run all tests            (scripts/test does set-up too)
#   make check      format, layers, data, docs, and a build without warnings by gcc and by clang
#   make format     lay out the C files as make check wants them
#   make sanitize   the tests under AddressSanitizer and UndefinedBehaviorSanitizer (build-asan)
#   make coverage   which lines the tests reach (build-coverage)
#   make fuzz       each fuzz target for FUZZ_SECONDS (60) seconds, found inputs in build-fuzz/
#   make bench      the benchmarks
#   make docs       write the generated parts of the documentation again
#   make install    to PREFIX (/usr/local), below DESTDIR
#   make clean      remove all build*/ folders

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60

ifneq ($(shell command -v ninja),)
export CMAKE_GENERATOR ?= Ninja
endif
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell nproc 2>/dev/null || echo 2)

.PHONY: all build test check format sanitize coverage fuzz bench docs install clean
.NOTPARALLEL:

all: build

build: build/CMakeCache.txt
	cmake --build build

build/CMakeCache.txt:
	cmake --preset release
build-asan/CMakeCache.txt:
	cmake --preset asan
build-coverage/CMakeCache.txt:
	cmake --preset coverage
build-fuzz/CMakeCache.txt:
	cmake --preset fuzz

test: build
	cmake --build build --target unit_tests fuzzers
	scripts/run-tests build

check:
	scripts/check

format:
	scripts/format

sanitize: build-asan/CMakeCache.txt
	cmake --build build-asan --target all unit_tests fuzzers
	scripts/run-tests build-asan

coverage: build-coverage/CMakeCache.txt
	scripts/bootstrap coverage
	cmake --build build-coverage --target all unit_tests fuzzers
	find build-coverage -name '*.gcda' -delete
	scripts/run-tests build-coverage
	gcovr --root . --filter src/ --filter cli/ --filter face/ --filter server/ --print-summary --html-details build-coverage/coverage.html build-coverage

fuzz: build-fuzz/CMakeCache.txt
	cmake --build build-fuzz --target fuzzers
	scripts/fuzz build-fuzz $(FUZZ_SECONDS)

bench: build
	cmake --build build --target benches
	bench/run build

docs: build
	scripts/docs

install: build
	cmake --install build --prefix "$(PREFIX)"

clean:
	rm -rf build build-*
