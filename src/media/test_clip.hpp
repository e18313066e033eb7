// Makes real files for the tests of this folder with the ffmpeg program.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "mainstream/error.hpp"

namespace mainstream {

// Runs `ffmpeg ARGUMENTS` quietly; throws failed if it fails.
inline void run_ffmpeg(const std::string& arguments) {
  const std::string command = "ffmpeg -nostdin -y -v error " + arguments;
  if (std::system(command.c_str()) != 0) throw Error(ErrorKind::failed, command);
}

// A clip of grey frames at 10 frames per second: frame i has the value 16 + 5 * i everywhere.
// `codec` holds FFmpeg's options for the encoder.
inline void make_grey_clip(const std::filesystem::path& path, int frames, const std::string& codec) {
  run_ffmpeg("-f lavfi -i \"color=black:s=96x64:r=10,format=gray,geq=lum='16+5*N'\" -frames:v " +
             std::to_string(frames) + " -pix_fmt yuvj420p " + codec + " 'file:" + path.string() + "'");
}

}  // namespace mainstream
