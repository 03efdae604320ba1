# Makes a source file that holds the bytes of files:
#   cmake -DOUT=x.cc -DFILES=function:path,function:path -P embed.cmake
# Each becomes std::string_view plumbline::audit::FUNCTION(). Raw string
# literals are cut into pieces, since compilers limit the length of one.
set(text "#include <string_view>\n\n#include \"audit/report/page.h\"\n\nnamespace plumbline::audit {\n")
string(REPLACE "," ";" pairs "${FILES}")
foreach(pair IN LISTS pairs)
  string(REGEX MATCH "^([A-Za-z]+):(.*)$" matched "${pair}")
  set(function "${CMAKE_MATCH_1}")
  file(READ "${CMAKE_MATCH_2}" content)
  string(LENGTH "${content}" length)
  string(APPEND text "\nstd::string_view ${function}() {\n  static constexpr char kBytes[] =\n")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${content}" ${at} 16000 piece)
    string(APPEND text "R\"EMBED(${piece})EMBED\"\n")
    math(EXPR at "${at} + 16000")
  endwhile()
  string(APPEND text ";\n  return {kBytes, sizeof(kBytes) - 1};\n}\n")
endforeach()
string(APPEND text "\n}  // namespace plumbline::audit\n")
file(WRITE "${OUT}" "${text}")
