from tests.demo.conftest import fundamental_hz as fundamental_hz
