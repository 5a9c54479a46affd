@echo off
rem The launcher for Windows: makes what is missing (a virtual environment with this project), then runs the command.
setlocal
set "HERE=%~dp0"
set "VENV=%HERE%.venv"
if defined LAB_VENV set "VENV=%LAB_VENV%"
if exist "%VENV%\.ready" goto run
where py >nul 2>nul && (set "PYTHON=py -3") || (set "PYTHON=python")
%PYTHON% -c "import sys; sys.exit(sys.version_info < (3, 11))" || (
    echo lab needs Python 3.11 or newer: winget install Python.Python.3.12 1>&2
    exit /b 2
)
echo ... setting up a Python environment (once, about a minute) 1>&2
%PYTHON% -m venv "%VENV%" || exit /b 2
"%VENV%\Scripts\python" -m pip install --disable-pip-version-check -q -e "%HERE%." || exit /b 2
type nul > "%VENV%\.ready"
:run
"%VENV%\Scripts\python" -m provisioner %*
exit /b %ERRORLEVEL%
